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

    /// The tables: what can be compared, then the rest; and what makes the figures worth something.
    pub(super) fn close(&mut self, figures: &Figures) {
        self.ui.text_line("");
        let compared = self.compared(figures);
        self.ui.table(&compared);
        self.ui.text_line("");
        let alone = self.alone(figures);
        self.ui.table(&alone);
        self.ui.text_line("");
        self.ui.line(&msg!("bench-medians", rounds = figures.rounds));
        if let (Some(version), None) = (&figures.compared_with, &figures.compare_missing) {
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

    fn compared(&self, figures: &Figures) -> Table {
        let headings = [
            msg!("bench-column-what"),
            msg!("bench-column-musubi"),
            msg!("bench-column-rsync"),
            msg!("bench-column-ratio"),
        ];
        // Without anything to compare with, the last two columns would be empty.
        let columns = if figures.documents_vs_rsync.or(figures.attachment_vs_rsync).is_some() { 4 } else { 2 };
        let mut table = Table::new(headings.iter().take(columns).map(|heading| self.show(heading)).collect());
        let mut row = |what: Message, ours: Message, theirs: Option<f64>, ratio: Option<f64>| {
            let theirs = theirs.map(|theirs| self.show(&msg!("bench-seconds", seconds = fixed(theirs, 3))));
            let ratio = ratio.map(|ratio| fixed(ratio, 2));
            let cells = [self.show(&what), self.show(&ours), theirs.unwrap_or_default(), ratio.unwrap_or_default()];
            table.row(cells.into_iter().take(columns));
        };
        row(
            msg!("bench-documents", count = figures.documents, kb = format!("{}", figures.document_bytes as f64 / 1e3)),
            msg!(
                "bench-documents-value",
                seconds = fixed(figures.documents_s, 3),
                rate = fixed(figures.documents_per_s, 0)
            ),
            figures.documents_rsync_s,
            figures.documents_vs_rsync,
        );
        row(
            msg!("bench-attachment", mb = megabytes(figures.attachment_bytes)),
            msg!(
                "bench-attachment-value",
                seconds = fixed(figures.attachment_s, 3),
                rate = fixed(figures.attachment_mb_s, 0)
            ),
            figures.attachment_rsync_s,
            figures.attachment_vs_rsync,
        );
        table
    }

    fn alone(&self, figures: &Figures) -> Table {
        let headings = [msg!("bench-column-what"), msg!("bench-column-musubi")];
        let mut table = Table::new(headings.iter().map(|heading| self.show(heading)).collect());
        let (attachment, transfer) = (megabytes(figures.attachment_bytes), megabytes(figures.transfer_bytes));
        let known = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| fixed(value, 1));
        let pair = |p50: Option<f64>, p99: Option<f64>| msg!("bench-ms", median = known(p50), worst = known(p99));
        let during = figures.deliveries_during_transfer;
        let rows = [
            (
                msg!("bench-delivery", count = figures.deliveries),
                pair(Some(figures.delivery_p50_ms), Some(figures.delivery_p99_ms)),
            ),
            (
                msg!("bench-delivery-command"),
                pair(Some(figures.delivery_command_p50_ms), Some(figures.delivery_command_p99_ms)),
            ),
            (
                msg!("bench-during", mb = &transfer, count = during),
                pair(figures.delivery_during_transfer_p50_ms, figures.delivery_during_transfer_p99_ms),
            ),
            (msg!("bench-transfer", mb = &transfer), msg!("bench-seconds", seconds = fixed(figures.transfer_s, 3))),
            (msg!("bench-idle"), msg!("bench-mib", mib = known(figures.idle_mib))),
            (msg!("bench-extra", mb = &attachment), msg!("bench-mib", mib = known(figures.attachment_extra_mib))),
            (msg!("bench-extra", mb = &transfer), msg!("bench-mib", mib = known(figures.transfer_extra_mib))),
            (
                msg!("bench-peaks"),
                msg!(
                    "bench-peaks-value",
                    sender = known(figures.sender_peak_mib),
                    receiver = known(figures.receiver_peak_mib)
                ),
            ),
            (msg!("bench-seal"), msg!("bench-rate", rate = fixed(figures.seal_mb_s, 0))),
        ];
        for (what, value) in rows {
            table.row([self.show(&what), self.show(&value)]);
        }
        table
    }

    fn show(&self, message: &Message) -> String {
        self.ui.text().show(message)
    }
}

fn fixed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

fn megabytes(bytes: u64) -> String {
    format!("{}", bytes as f64 / 1e6)
}
