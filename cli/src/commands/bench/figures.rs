//! Figures of a benchmark, and how they are put together.

use std::time::Duration;

use serde::Serialize;

/// The result for a script; its names are a promise. Null: not measured, because it was not asked for or cannot be
/// told here.
#[derive(Debug, Default, Serialize)]
pub(super) struct Figures {
    /// How often each thing was measured; what follows are medians.
    pub(super) rounds: usize,
    /// Documents of one round, and bytes of each.
    pub(super) documents: usize,
    pub(super) document_bytes: u64,
    pub(super) documents_s: f64,
    pub(super) documents_all_s: Vec<f64>,
    pub(super) documents_per_s: f64,
    pub(super) documents_rsync_s: Option<f64>,
    pub(super) documents_rsync_all_s: Vec<f64>,
    /// Above 1: faster than rsync.
    pub(super) documents_vs_rsync: Option<f64>,
    pub(super) attachment_bytes: u64,
    pub(super) attachment_s: f64,
    pub(super) attachment_all_s: Vec<f64>,
    pub(super) attachment_mb_s: f64,
    pub(super) attachment_rsync_s: Option<f64>,
    pub(super) attachment_rsync_all_s: Vec<f64>,
    pub(super) attachment_vs_rsync: Option<f64>,
    /// One document at a time, from the request to the node until its receipt is there.
    pub(super) deliveries: usize,
    pub(super) delivery_p50_ms: f64,
    pub(super) delivery_p99_ms: f64,
    /// The same with a command for each, from its start to its exit.
    pub(super) delivery_command_p50_ms: f64,
    pub(super) delivery_command_p99_ms: f64,
    /// One document at a time while a large file goes to the same partner.
    pub(super) transfer_bytes: u64,
    pub(super) transfer_s: f64,
    pub(super) deliveries_during_transfer: usize,
    pub(super) delivery_during_transfer_p50_ms: Option<f64>,
    pub(super) delivery_during_transfer_p99_ms: Option<f64>,
    /// Of the node that needs more.
    pub(super) idle_mib: Option<f64>,
    /// What a large file takes beyond what was held before, in the node that needs more.
    pub(super) attachment_extra_mib: Option<f64>,
    pub(super) transfer_extra_mib: Option<f64>,
    /// Peaks of each process, over everything.
    pub(super) sender_peak_mib: Option<f64>,
    pub(super) receiver_peak_mib: Option<f64>,
    /// Sealing alone, in one thread.
    pub(super) seal_mb_s: f64,
    /// Messages sent, those whose receipt came, and those that lie in the partner's inbox.
    pub(super) messages: usize,
    pub(super) delivered: usize,
    pub(super) received: usize,
    /// What was compared with; null with the reason in `compare_missing`.
    pub(super) compared_with: Option<String>,
    pub(super) compare_missing: Option<String>,
    /// Processes that wanted to run in the minute before, where the system tells: figures of a busy machine say little.
    pub(super) load_before: Option<f64>,
    pub(super) nodes_stopped_in_order: bool,
    pub(super) kept: Option<String>,
}

/// Seconds with six decimals.
pub(super) fn seconds(took: Duration) -> f64 {
    rounded(took.as_secs_f64(), 6)
}

/// Mebibytes with one decimal.
pub(super) fn mib(bytes: u64) -> f64 {
    rounded(bytes as f64 / f64::from(1 << 20), 1)
}

/// Rounds to a number of decimals.
pub(super) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

/// The middle one; of an even number the mean of the two. Nothing for nothing.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The smallest value that at least `percent` of all do not exceed. Nothing for nothing.
pub(super) fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// Milliseconds at 50 and 99 percent, with three decimals.
pub(super) fn p50_p99(seconds: &[f64]) -> (Option<f64>, Option<f64>) {
    let ms = |percent| percentile(seconds, percent).map(|value| rounded(value * 1000.0, 3));
    (ms(50), ms(99))
}

/// How many times faster `ours` is.
pub(super) fn ratio(ours: f64, theirs: Option<f64>) -> Option<f64> {
    theirs.filter(|_| ours > 0.0).map(|theirs| rounded(theirs / ours, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_tail() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!((percentile(&hundred, 50), percentile(&hundred, 99)), (Some(50.0), Some(99.0)));
        assert_eq!(percentile(&[7.0], 99), Some(7.0));
        assert_eq!(percentile(&[], 99), None);
        assert_eq!(p50_p99(&[0.001, 0.002, 0.009]), (Some(2.0), Some(9.0)));
    }

    #[test]
    fn above_one_is_faster() {
        assert_eq!(ratio(0.5, Some(1.5)), Some(3.0));
        assert_eq!(ratio(2.0, Some(1.0)), Some(0.5));
        assert_eq!(ratio(2.0, None), None);
    }
}
