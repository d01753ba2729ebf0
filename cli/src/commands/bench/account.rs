//! What the benchmark tells.

use super::{Args, Stage, figures::Figures, rival::Missing};
use crate::{
    msg,
    text::Message,
    ui::{Table, Ui},
};

/// The account, on its way to the reader.
pub(super) struct Account<'a> {
    ui: &'a mut Ui,
}

impl<'a> Account<'a> {
    /// Says what is going to happen, and where.
    pub(super) fn open(ui: &'a mut Ui, stage: &Stage, args: &Args) -> Self {
        ui.line(&msg!("bench-intro"));
        let root = stage.place.root();
        ui.line(&if root.is_kept() {
            msg!("demo-place-kept", path = root.path())
        } else {
            msg!("demo-place", path = root.path())
        });
        if !args.compare {
            ui.line(&msg!("bench-no-compare"));
        }
        Self { ui }
    }

    /// What is measured next.
    pub(super) fn step(&mut self, message: &Message) {
        self.ui.note(message);
    }

    /// There is nothing to compare with, or no longer.
    pub(super) fn without_rival(&mut self, missing: &Missing) {
        self.ui.note(&if missing.detail.is_empty() {
            msg!("bench-tool-missing", tool = missing.tool)
        } else {
            msg!("bench-tool-broken", tool = missing.tool, reason = &missing.detail)
        });
    }

    /// The table.
    pub(super) fn close(&mut self, figures: &Figures) {
        let rival = figures.documents_rsync_s.is_some() || figures.attachment_rsync_s.is_some();
        let mut headings = vec![msg!("bench-column-what"), msg!("bench-column-musubi")];
        if rival {
            headings.extend([msg!("bench-column-rsync"), msg!("bench-column-ratio")]);
        }
        let mut table = Table::new(headings.iter().map(|heading| self.show(heading)).collect());
        let seconds = |value: f64| format!("{value:.3}");
        let times = |ratio: Option<f64>| ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let mut row = |what: Message, ours: Message, theirs: Option<f64>, ratio: Option<f64>| {
            let theirs = theirs.map(|theirs| self.show(&msg!("bench-seconds", seconds = seconds(theirs))));
            table.row([self.show(&what), self.show(&ours), theirs.unwrap_or_default(), times(ratio)]);
        };
        let megabytes = |bytes: u64| format!("{}", bytes as f64 / 1e6);
        let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let mib = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
        row(
            msg!("bench-documents", count = figures.documents, kb = format!("{}", figures.document_bytes as f64 / 1e3)),
            msg!(
                "bench-documents-value",
                seconds = seconds(figures.documents_s),
                rate = format!("{:.0}", figures.documents_per_s)
            ),
            figures.documents_rsync_s,
            figures.documents_vs_rsync,
        );
        row(
            msg!("bench-attachment", mb = megabytes(figures.attachment_bytes)),
            msg!(
                "bench-attachment-value",
                seconds = seconds(figures.attachment_s),
                rate = format!("{:.0}", figures.attachment_mb_s)
            ),
            figures.attachment_rsync_s,
            figures.attachment_vs_rsync,
        );
        let pair = |p50: Option<f64>, p99: Option<f64>| msg!("bench-ms", median = ms(p50), worst = ms(p99));
        let lines = [
            (
                msg!("bench-delivery", count = figures.deliveries),
                pair(Some(figures.delivery_p50_ms), Some(figures.delivery_p99_ms)),
            ),
            (
                msg!("bench-delivery-command"),
                pair(Some(figures.delivery_command_p50_ms), Some(figures.delivery_command_p99_ms)),
            ),
            (
                msg!(
                    "bench-during",
                    mb = megabytes(figures.transfer_bytes),
                    count = figures.deliveries_during_transfer
                ),
                pair(figures.delivery_during_transfer_p50_ms, figures.delivery_during_transfer_p99_ms),
            ),
            (
                msg!("bench-transfer", mb = megabytes(figures.transfer_bytes)),
                msg!("bench-seconds", seconds = seconds(figures.transfer_s)),
            ),
            (msg!("bench-idle"), msg!("bench-mib", mib = mib(figures.idle_mib))),
            (
                msg!("bench-extra", mb = megabytes(figures.attachment_bytes)),
                msg!("bench-mib", mib = mib(figures.attachment_extra_mib)),
            ),
            (
                msg!("bench-extra", mb = megabytes(figures.transfer_bytes)),
                msg!("bench-mib", mib = mib(figures.transfer_extra_mib)),
            ),
            (
                msg!("bench-peaks"),
                msg!(
                    "bench-peaks-value",
                    sender = mib(figures.sender_peak_mib),
                    receiver = mib(figures.receiver_peak_mib)
                ),
            ),
            (msg!("bench-seal"), msg!("bench-rate", rate = format!("{:.0}", figures.seal_mb_s))),
        ];
        for (what, value) in lines {
            row(what, value, None, None);
        }
        self.ui.text_line("");
        self.ui.table(&table);
        self.ui.text_line("");
        self.ui.line(&msg!("bench-medians", rounds = figures.rounds));
        if let Some(version) = &figures.compared_with {
            self.ui.line(&msg!("bench-compared", version = version));
        }
        let (sent, delivered, received) = (figures.messages, figures.delivered, figures.received);
        self.ui.line(&if sent == delivered && sent == received {
            msg!("bench-all-delivered", count = sent)
        } else {
            msg!("bench-not-all-delivered", count = sent, delivered = delivered, received = received)
        });
        if !figures.nodes_stopped_in_order {
            self.ui.line(&msg!("bench-bad-stop"));
        }
    }

    fn show(&self, message: &Message) -> String {
        self.ui.text().show(message)
    }
}
