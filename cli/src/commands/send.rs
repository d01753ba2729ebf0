//! `musubi send`: bundles, to the partners whom the files name; with `--to`, files of any kind to one partner.

use std::{collections::BTreeMap, path::PathBuf};

use careplan::FileName;
use musubi_node::api::types::Row;
use musubi_protocol::ids::{Address, Kind};

use crate::{
    args::values::{self, Wait},
    client::{Client, Form},
    context::Context,
    error::{CommandError, Exit},
    msg, rows,
    search::{Found, Trouble},
    text::{Text, harmless},
    ui::{Table, Ui, layout::wrap},
};

mod attach;
mod gather;

use gather::gather;

/// Columns that findings stand in from the left.
const INDENT: usize = 4;
/// Messages that are waited for in one request.
const WAITED: usize = 250;
/// Warnings of one rule that are shown of one bundle.
const WARNINGS: usize = 5;

/// What to send, and what file names may leave open.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Files and directories; a directory is searched.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The sending address, where several fit.
    #[arg(long, value_name = "ADDRESS", value_parser = values::address)]
    pub from: Option<Address>,
    /// The receiver's kind, where the file names carry none.
    #[arg(long, value_name = "KIND", value_parser = values::kind)]
    pub to_kind: Option<Kind>,
    /// Sends also where a newer serial went out before.
    #[arg(long)]
    pub older: bool,
    /// Sends files of any kind, as attachments, to this address.
    #[arg(long, value_name = "ADDRESS", value_parser = values::address, conflicts_with_all = ["to_kind", "older"])]
    pub to: Option<Address>,
    /// What to say with the attachments.
    #[arg(long, value_name = "TEXT", requires = "to")]
    pub note: Option<String>,
    /// Makes each file a message of its own.
    #[arg(long, requires = "to")]
    pub each: bool,
    /// Sends even what was sent the same within a day.
    #[arg(long, requires = "to")]
    pub again: bool,
    /// Lets programs and scripts through.
    #[arg(long, requires = "to")]
    pub allow_programs: bool,
    /// Lets files of the standard through as attachments.
    #[arg(long, requires = "to")]
    pub as_attachment: bool,
    /// Waits until the partners have it.
    #[arg(long, value_name = "WAIT", value_parser = values::wait)]
    pub wait: Option<Wait>,
}

/// What is to go out: requests, and what is refused before anything is sent.
struct Outgoing {
    batches: Vec<Vec<Found>>,
    messages: Vec<Row>,
}

/// Sends what is good, lists what is refused; with `--wait` sees it delivered.
pub(crate) fn run(ui: &mut Ui, context: &Context, args: &Args) -> Result<Exit, CommandError> {
    let (Outgoing { batches, mut messages }, passed_over) = outgoing(ui.text(), args)?;
    let client = Client::find(&context.home()?, ui.text().lang())?;
    for path in &passed_over {
        ui.note(&msg!("send-passed-over", path = path));
    }
    if batches.is_empty() && messages.is_empty() {
        return Err(CommandError::failed(msg!("err-send-nothing")));
    }
    let mut progress = ui.progress(&msg!("send-progress"), batches.len() as u64);
    for batch in batches {
        let sent = match args.to {
            Some(to) => attach::send(&client, args, to, batch),
            None => send(&client, args, batch),
        };
        match sent {
            Ok(sent) => messages.extend(sent),
            // What went before is durable in the outbox: it must be told.
            Err(error) if messages.is_empty() => return Err(error),
            Err(error) => {
                drop(progress);
                report(ui, &messages);
                ui.result(&messages);
                return Err(error.hint(msg!("send-broken-off")));
            }
        }
        progress.step();
    }
    drop(progress);
    let waited = args.wait.map_or(Ok(0), |wait| wait_for(ui, &client, &mut messages, wait));
    report(ui, &messages);
    let missing = waited.inspect_err(|_| ui.result(&messages))?;
    let held = messages.iter().filter(|row| row.state == "held").count();
    if held > 0 {
        ui.warn(&msg!("warn-send-held", count = held));
    }
    if missing > held {
        ui.warn(&msg!("warn-send-not-delivered", count = missing - held));
    }
    if args.to.is_some() && messages.iter().any(|row| row.already_sent) {
        ui.note(&msg!("send-again"));
    }
    ui.result(&messages);
    let refused = messages.iter().any(|row| row.state == "refused");
    Ok(if refused || missing > 0 { Exit::Refused } else { Exit::Done })
}

/// Looks for what is to be sent; files that were passed over come with it.
fn outgoing(text: &Text, args: &Args) -> Result<(Outgoing, Vec<PathBuf>), CommandError> {
    let Some(to) = args.to else {
        let gathered = gather(&args.paths)?;
        let messages = gathered.refused.iter().map(|(group, why)| unsent(text, group, *why)).collect();
        return Ok((Outgoing { batches: gathered.batches, messages }, gathered.passed_over));
    };
    let found = attach::attachments(args)?;
    let unsent = |(found, why): &(Found, Trouble)| attach::unsent(found, to, reason(text, *why, attach::LARGEST));
    let messages = found.refused.iter().map(unsent).collect();
    Ok((Outgoing { batches: found.batches, messages }, Vec::new()))
}

fn send(client: &Client, args: &Args, batch: Vec<Found>) -> Result<Vec<Row>, CommandError> {
    let mut form = Form::new();
    if let Some(from) = args.from {
        form.text("from", &from.to_string());
    }
    if let Some(kind) = args.to_kind {
        form.text("to_kind", &kind.to_string());
    }
    if args.older {
        form.text("older", "true");
    }
    for found in batch {
        let bytes = std::fs::read(&found.path).map_err(CommandError::reading(&found.path))?;
        form.named_file("file", &found.name, bytes);
    }
    Ok(client.send(form)?)
}

/// Waits for all messages together; returns how many did not arrive in time.
fn wait_for(ui: &Ui, client: &Client, messages: &mut [Row], wait: Wait) -> Result<usize, CommandError> {
    let until = wait.until();
    let mut progress = ui.progress(&msg!("send-waiting"), messages.len() as u64);
    let mut missing = 0;
    let mut sent: Vec<&mut Row> = messages.iter_mut().filter(|row| row.id.is_some()).collect();
    // So many at a time that the bar moves.
    for group in sent.chunks_mut(WAITED) {
        let ids: Vec<String> = group.iter().filter_map(|row| row.id.clone()).collect();
        let now = client.wait_for_all(&ids, wait.state, until)?;
        for (row, now) in group.iter_mut().zip(now) {
            **row = Row { findings: std::mem::take(&mut row.findings), already_sent: row.already_sent, ..now };
            missing += usize::from(!rows::is_delivered(row));
            progress.step();
        }
    }
    Ok(missing)
}

/// The rule and the sentence for a file that is no good; `limit` in bytes.
fn reason(text: &Text, why: Trouble, limit: u64) -> (&'static str, String) {
    let (rule, words) = match why {
        Trouble::TooLarge => ("MU-SEND-008", msg!("send-too-large", limit = limit >> 20)),
        Trouble::Unreadable => ("MU-SEND-015", msg!("send-unreadable")),
        Trouble::NoFile => ("MU-SEND-016", msg!("send-no-file")),
        Trouble::Name => ("MU-SEND-017", msg!("send-bad-name")),
    };
    (rule, text.show(&words))
}

/// What belongs together and cannot be sent, because of its first file.
fn unsent(text: &Text, group: &[Found], why: Trouble) -> Row {
    let (rule, words) = reason(text, why, gather::MAX_BUNDLE);
    let Some(first) = group.first() else { return Row::default() };
    let name = first.name.parse::<FileName>().ok();
    Row {
        from: name.as_ref().map(|name| name.sender().to_string()),
        to: name.as_ref().map(|name| name.receiver().to_string()),
        serial: name.as_ref().map(|name| name.serial().to_string()),
        state: "refused".into(),
        findings: vec![gather::finding(first, rule, words)],
        ..Row::default()
    }
}

/// The account: what went in a table, then what did not, with reasons.
fn report(ui: &mut Ui, messages: &[Row]) {
    let text = ui.text();
    let headings =
        [msg!("column-id"), msg!("column-to"), msg!("column-what"), msg!("column-serial"), msg!("column-state")];
    let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
    let (refused, sent): (Vec<&Row>, Vec<&Row>) = messages.iter().partition(|row| row.state == "refused");
    for row in &sent {
        let serial = row.serial.clone().unwrap_or_default();
        let state = rows::sent(text, row);
        let state = if row.already_sent { text.show(&msg!("state-already-sent", state = state)) } else { state };
        table.row([rows::short_id(row), rows::to(row), rows::what(text, row), serial, state]);
    }
    if !sent.is_empty() {
        ui.table(&table);
    }
    for row in &sent {
        findings(ui, row);
    }
    if !refused.is_empty() {
        if !sent.is_empty() {
            ui.text_line("");
        }
        ui.line(&msg!("send-refused-heading", count = refused.len()));
        for row in &refused {
            if row.serial.is_some() {
                let (to, what) = (rows::to(row), refused_what(ui.text(), row));
                let serial = row.serial.clone().unwrap_or_default();
                ui.line(&msg!("send-refused", to = to, what = what, serial = serial));
            }
            findings(ui, row);
        }
    }
    ui.text_line("");
    ui.line(&msg!("send-summary", sent = sent.len(), refused = refused.len()));
}

/// What was refused; files that make no bundle have no name.
fn refused_what(text: &Text, row: &Row) -> String {
    if row.bundle.is_some() { rows::what(text, row) } else { text.show(&msg!("bundle-none")) }
}

/// The findings of a row, below it: all errors, and of each rule's warnings the first few.
fn findings(ui: &mut Ui, row: &Row) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &row.findings {
        let count = counts.entry(&finding.rule).or_default();
        *count += usize::from(finding.severity != "error");
        if *count <= WARNINGS {
            let shown = rows::finding(ui.text(), finding);
            indented(ui, &shown);
        }
    }
    for (rule, count) in counts.into_iter().filter(|(_, count)| *count > WARNINGS) {
        let shown = ui.text().show(&msg!("send-findings-more", rule = rule, count = count - WARNINGS));
        indented(ui, &shown);
    }
}

fn indented(ui: &mut Ui, words: &str) {
    let indent = " ".repeat(INDENT);
    let shown = wrap(&harmless(words), ui.width().saturating_sub(INDENT).max(20)).join(&format!("\n{indent}"));
    ui.text_line(&format!("{indent}{shown}"));
}

#[cfg(test)]
mod tests {
    use musubi_node::api::types::FindingRow;

    use super::*;
    use crate::{text::Lang, ui::testing};

    #[test]
    fn of_many_warnings_the_first_are_shown_and_the_rest_counted() {
        let finding = |rule: &str, severity: &str| FindingRow {
            rule: rule.into(),
            severity: severity.into(),
            file: None,
            row: None,
            column: None,
            text: "words".into(),
        };
        let many = |severity| vec![finding("CP-X-001", severity); 12];
        let row = |findings| Row { findings, ..Row::default() };
        let shown = |row: Row| {
            let (mut ui, out, _) = testing::ui(Lang::Ja, false, None);
            findings(&mut ui, &row);
            out.text()
        };
        let warnings = shown(row(many("warning")));
        assert_eq!(warnings.matches("words").count(), 5, "{warnings}");
        assert!(warnings.contains("7 件") && warnings.contains("musubi check"), "{warnings}");
        assert_eq!(shown(row(many("error"))).lines().count(), 12);
        assert_eq!(shown(row(vec![finding("A", "warning"), finding("B", "warning")])).lines().count(), 2);
    }
}
