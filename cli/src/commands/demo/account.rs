//! What the demo tells, step by step.

use std::time::Duration;

use musubi_node::api::types::Row;

use super::{MANAGER, OFFICES, REVOKED, Seen, Stage};
use crate::{
    error::problem::grouped,
    msg, rows,
    text::{Message, typed},
    ui::{Progress, Table, Ui},
};

/// The account, on its way to the reader.
pub(super) struct Account<'a> {
    ui: &'a mut Ui,
    month: Table,
}

impl<'a> Account<'a> {
    /// Says what is going to happen, and where.
    pub(super) fn open(ui: &'a mut Ui, stage: &Stage) -> Self {
        ui.line(&msg!("demo-intro"));
        let path = stage.place.root();
        ui.line(&if stage.place.is_kept() {
            msg!("demo-place-kept", path = path)
        } else {
            msg!("demo-place", path = path)
        });
        let headings = [
            msg!("column-serial"),
            msg!("column-from"),
            msg!("column-to"),
            msg!("column-what"),
            msg!("demo-column-took"),
        ];
        let month = Table::new(headings.iter().map(|heading| ui.text().show(heading)).collect());
        Self { ui, month }
    }

    /// A sentence in the reader's language.
    pub(super) fn say(&self, message: &Message) -> String {
        self.ui.text().show(message)
    }

    /// Keys and certificates are made.
    pub(super) fn founded(&mut self, name: &str, pin: &str, took: Duration) {
        self.step(&msg!("demo-founded", name = name, seconds = seconds(took)));
        self.ui.line(&msg!("authority-pin", pin = grouped(pin)));
        let headings = [msg!("column-office"), msg!("column-name"), msg!("column-kinds")];
        let mut table = Table::new(headings.iter().map(|heading| self.say(heading)).collect());
        for office in &OFFICES {
            table.row([office.number.to_owned(), office.name.to_owned(), office.kinds.join(", ")]);
        }
        self.ui.table(&table);
    }

    /// The nodes take messages.
    pub(super) fn started(&mut self, took: Duration) {
        self.step(&msg!("demo-started", seconds = seconds(took)));
    }

    /// A bar for the month.
    pub(super) fn progress(&self, bundles: usize) -> Progress {
        self.ui.progress(&msg!("demo-progress"), bundles as u64)
    }

    /// One bundle went and was taken out.
    pub(super) fn exchanged(&mut self, row: &Row, took: Duration) {
        let text = self.ui.text();
        let cells = [rows::from(row), rows::to(row), rows::what(text, row), took.as_millis().to_string()];
        self.month.row(row.serial.clone().into_iter().chain(cells));
    }

    /// The month is over.
    pub(super) fn month(&mut self, seen: &Seen) {
        self.step(&msg!("demo-month", count = seen.messages));
        self.ui.table(&self.month);
        self.ui.text_line("");
        self.ui.line(&msg!("demo-month-sum", count = seen.delivered, verified = seen.receipts_verified));
        self.ui.line(&if seen.files_differ { msg!("demo-files-differ") } else { msg!("demo-files-same") });
        self.ui.line(&if seen.inboxes_differ { msg!("demo-inboxes-differ") } else { msg!("demo-inboxes-same") });
    }

    /// Both directions were tried after the revocation.
    pub(super) fn revoked(&mut self, held: &Row, (from, knows): (&Row, bool), nothing_new: bool, took: Duration) {
        let (office, manager) = (REVOKED.number, MANAGER.number);
        self.step(&msg!("demo-revoked", office = office, other = manager, seconds = seconds(took)));
        let (to, state) = (rows::sent(self.ui.text(), held), rows::sent(self.ui.text(), from));
        self.ui.line(&msg!("demo-revoked-to", office = office, state = to));
        self.ui.line(&match knows {
            true => msg!("demo-revoked-knows", office = office),
            false => msg!("demo-revoked-from", office = office, state = state),
        });
        self.ui.line(&if nothing_new { msg!("demo-nothing-new") } else { msg!("demo-something-new") });
    }

    /// The verdict, and how to go on with what stays.
    pub(super) fn close(mut self, seen: &Seen, took: Duration, stage: &Stage) {
        let verdict = match (seen.is_good(), seen.stopped_in_order) {
            (true, _) => msg!("demo-good", seconds = seconds(took)),
            (false, true) => msg!("demo-bad"),
            (false, false) => msg!("demo-bad-stop"),
        };
        self.step(&verdict);
        if !stage.place.is_kept() {
            return;
        }
        let musubi = typed(stage.musubi.program());
        let of = |office| typed(&stage.place.data(office));
        let (dir, passphrase) = (of(MANAGER), typed(&stage.place.passphrase(MANAGER)));
        let authority = typed(&stage.place.authority());
        self.ui.line(&msg!("demo-next-run"));
        self.ui.text_line(&format!("    {musubi} run --dir {dir} --passphrase-file {passphrase}"));
        self.ui.line(&msg!("demo-next-look"));
        for command in ["inbox", "outbox", "status", "doctor"] {
            self.ui.text_line(&format!("    {musubi} {command} --dir {dir}"));
        }
        self.ui.line(&msg!("demo-next-authority"));
        self.ui.text_line(&format!("    {musubi} authority list --dir {authority}"));
    }

    fn step(&mut self, message: &Message) {
        self.ui.text_line("");
        self.ui.line(message);
    }
}

/// Seconds with one decimal.
fn seconds(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64())
}
