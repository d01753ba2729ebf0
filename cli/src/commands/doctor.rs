//! `musubi doctor`: causes of trouble, in words.

use musubi_config::{Overrides, Settings};
use musubi_node::{
    Clock,
    api::types::{DeskRow, Status},
    home::Home,
    keys::Mode,
    office::{self, OfficeError},
};
use musubi_protocol::time::DAY;
use musubi_store::{OpenError, keyfile::OpenerKind, platform};

use super::{partner, ping::refusal, status::standing};
use crate::{
    client::{self, Client},
    context::Context,
    error::{CommandError, Exit},
    moment, msg, rows,
    text::{Message, Text},
    ui::{Ui, layout::wrap},
    unlock,
};

/// Nothing to choose.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// A revocation list is made every day and good for three.
const CRL_OLD: u64 = DAY + DAY / 2;
/// Beyond its date it counts for known partners only.
const CRL_BEYOND: u64 = 3 * DAY;
/// How long before its end a licence is worth a word.
const LICENCE_SOON: u64 = 45 * DAY;
/// Columns that advice stands in from the left.
const INDENT: usize = 7;
/// Seconds that clocks may differ.
const CLOCK_SLACK: u64 = 120;
/// Seconds after which a clock that is ahead of the authority is worth a word: lists that old end all exchange.
const CLOCK_AHEAD: u64 = 17 * DAY;

/// What a look at one thing gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Good,
    Warning,
    Wrong,
}

/// One thing looked at.
#[derive(Debug)]
struct Look {
    /// The name that scripts see.
    about: &'static str,
    found: Found,
    words: String,
    todo: Option<String>,
}

/// Looks at everything, in the order in which things depend on each other.
pub(crate) fn run(ui: &mut Ui, context: &Context) -> Result<Exit, CommandError> {
    let home = context.home()?;
    let looks = Doctor { text: ui.text(), home: &home, looks: Vec::new() }.examine();
    for look in &looks {
        let mark = ui.text().show(&match look.found {
            Found::Good => msg!("doctor-good"),
            Found::Warning => msg!("doctor-warning"),
            Found::Wrong => msg!("doctor-wrong"),
        });
        ui.line(&msg!("doctor-line", mark = mark, words = &look.words));
        if let Some(todo) = &look.todo {
            let todo = ui.text().show(&msg!("doctor-todo", todo = todo));
            let indent = " ".repeat(INDENT);
            let todo = wrap(&todo, ui.width().saturating_sub(INDENT).max(20)).join(&format!("\n{indent}"));
            ui.text_line(&format!("{indent}{todo}"));
        }
    }
    let wrong = looks.iter().filter(|look| look.found == Found::Wrong).count();
    let warnings = looks.iter().filter(|look| look.found == Found::Warning).count();
    ui.text_line("");
    ui.line(&match (wrong, warnings) {
        (0, 0) => msg!("doctor-all-good"),
        (0, _) => msg!("doctor-warnings", count = warnings),
        _ => msg!("doctor-found", count = wrong),
    });
    let checks: Vec<_> = looks.iter().map(Look::to_json).collect();
    ui.result(&serde_json::json!({"ok": wrong == 0, "checks": checks}));
    Ok(if wrong == 0 { Exit::Done } else { Exit::Refused })
}

impl Look {
    fn to_json(&self) -> serde_json::Value {
        let state = match self.found {
            Found::Good => "good",
            Found::Warning => "warning",
            Found::Wrong => "wrong",
        };
        serde_json::json!({"check": self.about, "state": state, "text": self.words, "hint": self.todo})
    }
}

struct Doctor<'a> {
    text: &'a Text,
    home: &'a Home,
    looks: Vec<Look>,
}

impl Doctor<'_> {
    fn examine(mut self) -> Vec<Look> {
        let path = self.home.dir();
        if !self.home.is_set_up() {
            self.look(
                "directory",
                Found::Wrong,
                &msg!("doctor-not-set-up", path = path),
                Some(&msg!("doctor-do-init")),
            );
            return self.looks;
        }
        self.look("directory", Found::Good, &msg!("doctor-set-up", path = path), None);
        self.keys();
        self.settings();
        self.disk();
        match Client::find(self.home, self.text.lang()).and_then(|client| client.status()) {
            Ok(status) => self.running(&status),
            Err(client::Error::NoNode) => {
                self.look("node", Found::Wrong, &msg!("doctor-not-running"), Some(&msg!("doctor-do-run")));
                self.desks_at_rest();
            }
            Err(error) => self.error("node", error.into()),
        }
        self.looks
    }

    fn look(&mut self, about: &'static str, found: Found, words: &Message, todo: Option<&Message>) {
        let words = self.text.show(words);
        let todo = todo.map(|todo| self.text.show(todo));
        self.looks.push(Look { about, found, words, todo });
    }

    /// Something failed that has words already.
    fn error(&mut self, about: &'static str, error: CommandError) {
        let words = error.words(self.text);
        let todo = Some(words.hints.join(" ")).filter(|hints| !hints.is_empty());
        self.looks.push(Look { about, found: Found::Wrong, words: words.message, todo });
    }

    fn keys(&mut self) {
        let openers = match unlock::open(self.home) {
            Ok(file) => file.openers(),
            Err(error) => return self.error("keys", error),
        };
        let mode = if openers.iter().any(|o| matches!(o.kind, OpenerKind::Machine | OpenerKind::MachineKeyFile)) {
            Mode::Unattended
        } else {
            Mode::Attended
        };
        let words = match mode {
            Mode::Attended => msg!("doctor-keys-attended", count = openers.len()),
            Mode::Unattended => msg!("doctor-keys-unattended", count = openers.len()),
        };
        if openers.iter().any(|opener| opener.kind == OpenerKind::Recovery) {
            self.look("keys", Found::Good, &words, None);
        } else {
            self.look("keys", Found::Warning, &msg!("doctor-no-sheet"), Some(&msg!("doctor-do-sheet")));
        }
    }

    fn settings(&mut self) {
        match Settings::load(self.home.dir(), &Overrides::default()) {
            Ok(settings) if settings.network.peers.is_empty() => {
                self.look("settings", Found::Good, &msg!("doctor-settings-no-peers"), None);
            }
            Ok(settings) => {
                let count = settings.network.peers.len();
                self.look("settings", Found::Good, &msg!("doctor-settings", count = count), None);
            }
            Err(error) => self.error("settings", error.into()),
        }
    }

    fn disk(&mut self) {
        let settings = Settings::load(self.home.dir(), &Overrides::default());
        let reserve = settings.map_or(musubi_store::RESERVE, |settings| settings.store.reserve_mib << 20);
        match platform::free_bytes(self.home.dir()) {
            Ok(free) if free < reserve => {
                let words = msg!("doctor-disk-low", mib = (free >> 20).to_string());
                self.look("disk", Found::Wrong, &words, Some(&msg!("doctor-do-disk")));
            }
            Ok(free) => self.look("disk", Found::Good, &msg!("doctor-disk", gib = (free >> 30).to_string()), None),
            Err(error) => self.error("disk", CommandError::reading(self.home.dir())(error)),
        }
    }

    fn running(&mut self, status: &Status) {
        self.look("node", Found::Good, &msg!("doctor-running", version = &status.version), None);
        for desk in &status.desks {
            self.desk(status, desk);
        }
        self.crl(status);
        self.log(status);
        self.partners(status);
        if let Some((words, todo)) = wrong_clock(status) {
            self.look("clock", Found::Wrong, &words, Some(&todo));
        } else {
            let now = moment::friendly(self.text, Clock::system().now());
            self.look("clock", Found::Good, &msg!("doctor-clock", now = now), None);
        }
        if !status.reading {
            self.look("reading", Found::Warning, &msg!("doctor-not-reading"), Some(&msg!("doctor-do-reading")));
        }
        for refused in &status.refused {
            let addresses = refused.addresses.join(", ");
            let words = if addresses.is_empty() {
                msg!("doctor-refused-unknown")
            } else {
                msg!("doctor-refused", addresses = addresses)
            };
            self.look("partners", Found::Wrong, &words, Some(&refusal(&refused.refusal)));
        }
        if status.held > 0 {
            let words = msg!("doctor-held", count = status.held);
            self.look("messages", Found::Warning, &words, Some(&msg!("doctor-do-held")));
        }
        let partners = status.connected.len();
        match (partners, status.waiting - status.held) {
            (0, 0) => self.look("partners", Found::Good, &msg!("doctor-alone"), None),
            (0, waiting) => {
                let words = msg!("doctor-alone-waiting", waiting = waiting);
                self.look("partners", Found::Warning, &words, Some(&msg!("doctor-do-partners")));
            }
            (_, 0) => self.look("partners", Found::Good, &msg!("doctor-partners", count = partners), None),
            (_, waiting) => {
                let words = msg!("doctor-partners-waiting", count = partners, waiting = waiting);
                self.look("partners", Found::Warning, &words, Some(&msg!("doctor-do-waiting")));
            }
        }
    }

    fn desk(&mut self, status: &Status, desk: &DeskRow) {
        let standing = standing(self.text, desk);
        let words = msg!("doctor-desk", office = &desk.office, name = &desk.name, standing = standing);
        let soon = moment::rfc3339(Clock::system().now().plus(LICENCE_SOON));
        let (found, todo) = match desk.state.as_str() {
            // Both are RFC 3339 with one offset: they compare as text.
            "active" if desk.until.as_ref().is_some_and(|until| *until < soon) => {
                (Found::Warning, Some(msg!("doctor-do-renew")))
            }
            "active" => (Found::Good, None),
            "grace" => (Found::Warning, Some(msg!("doctor-do-renew"))),
            "ended" | "expired" => (Found::Wrong, Some(msg!("doctor-do-renew"))),
            "revoked" => (Found::Wrong, Some(msg!("doctor-do-revoked"))),
            "not_yet_valid" => (Found::Wrong, Some(msg!("doctor-do-not-yet"))),
            _ => (Found::Wrong, Some(msg!("doctor-do-certificate"))),
        };
        self.look("certificate", found, &words, todo.as_ref());
        if let Some((found, words, todo)) = not_in_log(status, desk) {
            self.look("log", found, &words, Some(&todo));
        }
    }

    fn log(&mut self, status: &Status) {
        if status.log_fork {
            self.look("log", Found::Wrong, &msg!("log-fork"), Some(&msg!("log-fork-next")));
        }
        if let Some(doubt) = &status.log_doubt {
            let words = msg!("log-doubt", address = &doubt.address, time = rows::moment(&doubt.at));
            self.look("log", Found::Wrong, &words, Some(&msg!("log-doubt-next")));
        }
        if let Some((words, todo)) = missing_log(status) {
            self.look("log", Found::Warning, &words, Some(&todo));
        }
        match status.foreign {
            // Without a log nobody can tell.
            0 if status.log == 0 => {}
            0 => self.look("log", Found::Good, &msg!("doctor-log"), None),
            count => {
                let todo = msg!("doctor-do-foreign");
                self.look("log", Found::Wrong, &msg!("doctor-foreign", count = count), Some(&todo));
            }
        }
    }

    fn partners(&mut self, status: &Status) {
        for (words, todo) in status.new_keys.iter().map(partner::waiting) {
            self.look("partner", Found::Warning, &words, Some(&todo));
        }
    }

    fn crl(&mut self, status: &Status) {
        let Some(crl) = &status.crl else {
            self.look("crl", Found::Wrong, &msg!("doctor-no-crl"), Some(&msg!("doctor-do-certificate")));
            return;
        };
        let words = msg!("doctor-crl", number = crl.number.to_string(), hours = crl.age_s / 3600);
        let (found, todo) = match crl.age_s {
            0..CRL_OLD => (Found::Good, None),
            CRL_OLD..CRL_BEYOND => (Found::Warning, Some(msg!("doctor-do-crl"))),
            _ => (Found::Wrong, Some(msg!("doctor-do-crl"))),
        };
        self.look("crl", found, &words, todo.as_ref());
    }

    /// Without a node: what the directory itself tells of its desks.
    fn desks_at_rest(&mut self) {
        match office::desks(self.home) {
            Ok(desks) => {
                for (kept, certified) in desks {
                    let (office, name) = (kept.office(), kept.name());
                    if certified {
                        let words = msg!("doctor-desk-certified", office = office, name = name);
                        self.look("certificate", Found::Good, &words, None);
                    } else {
                        let words = msg!("doctor-desk-uncertified", office = office, name = name);
                        self.look("certificate", Found::Wrong, &words, Some(&msg!("doctor-do-certificate")));
                    }
                }
            }
            Err(OfficeError::Open(OpenError::InUse)) => {
                self.look("store", Found::Warning, &msg!("doctor-store-in-use"), Some(&msg!("doctor-do-wait")));
            }
            Err(error) => self.error("store", error.into()),
        }
    }
}

/// A clock that cannot be right, or hardly: what is seen, and what to do.
pub(super) fn wrong_clock(status: &Status) -> Option<(Message, Message)> {
    if status.clock_behind_s > CLOCK_SLACK {
        Some((msg!("doctor-clock-behind", minutes = status.clock_behind_s / 60), msg!("doctor-do-clock")))
    } else if status.clock_ahead_s > CLOCK_AHEAD {
        Some((msg!("doctor-clock-ahead", days = status.clock_ahead_s / DAY), msg!("doctor-do-clock-ahead")))
    } else {
        None
    }
}

/// Acts of the authority's log that nobody has given: what is seen, and what to do.
pub(super) fn missing_log(status: &Status) -> Option<(Message, Message)> {
    let missing = status.log_missing.as_ref()?;
    let count = i64::try_from(missing.size.saturating_sub(status.log)).unwrap_or(i64::MAX);
    Some((msg!("log-missing", count = count, time = rows::moment(&missing.since)), msg!("log-missing-next")))
}

/// A certificate that counts, or will soon, only if the log is shown to hold it, where that cannot be shown yet.
pub(super) fn not_in_log(status: &Status, desk: &DeskRow) -> Option<(Found, Message, Message)> {
    let required = status.log_required.as_ref().filter(|_| !desk.in_log && desk.state != "no_certificate")?;
    let (office, day) = (&desk.office, rows::moment(required));
    let day = day.split(' ').next().unwrap_or_default();
    // Both are RFC 3339 with one offset: they compare as text.
    if moment::rfc3339(Clock::system().now()) < *required {
        let words = msg!("log-proof-soon", office = office, day = day);
        Some((Found::Warning, words, msg!("log-proof-next")))
    } else {
        Some((Found::Wrong, msg!("log-proof-lacking", office = office, day = day), msg!("log-proof-next")))
    }
}

#[cfg(test)]
mod tests {
    use musubi_node::api::types::{CrlRow, DoubtRow, MissingRow, RefusedRow};
    use musubi_protocol::time::Timestamp;

    use super::*;
    use crate::text::Lang;

    fn examine(status: &Status) -> Vec<(&'static str, Found)> {
        let (text, home) = (Text::new(Lang::Ja), Home::new("."));
        let mut doctor = Doctor { text: &text, home: &home, looks: Vec::new() };
        doctor.running(status);
        for look in &doctor.looks {
            assert_eq!(look.todo.is_none(), look.found == Found::Good, "{look:?}");
        }
        doctor.looks.into_iter().filter(|look| look.found != Found::Good).map(|look| (look.about, look.found)).collect()
    }

    fn good() -> Status {
        let until = moment::rfc3339(Timestamp::now().plus(200 * DAY));
        let desk = DeskRow {
            office: "1379900028".into(),
            kinds: vec!["15".into()],
            name: "みほん".into(),
            state: "active".into(),
            until: Some(until),
            next_until: None,
            renewal: None,
            in_log: false,
        };
        let crl = Some(CrlRow { number: 3, age_s: 10 });
        Status { desks: vec![desk], crl, reading: true, ..Status::default() }
    }

    #[test]
    fn each_cause_is_found_with_what_to_do() {
        assert_eq!(examine(&good()), []);
        let mut status = good();
        status.desks[0].until = Some(moment::rfc3339(Timestamp::now().plus(DAY)));
        assert_eq!(examine(&status), [("certificate", Found::Warning)]);
        for state in ["no_certificate", "not_yet_valid", "ended", "expired", "revoked"] {
            status.desks[0].state = state.into();
            assert_eq!(examine(&status), [("certificate", Found::Wrong)], "{state}");
        }
        for (age_s, found) in [(2 * DAY, Found::Warning), (5 * DAY, Found::Wrong)] {
            let status = Status { crl: Some(CrlRow { number: 3, age_s }), ..good() };
            assert_eq!(examine(&status), [("crl", found)]);
        }
        assert_eq!(examine(&Status { crl: None, ..good() }), [("crl", Found::Wrong)]);
        assert_eq!(examine(&Status { clock_behind_s: 3600, ..good() }), [("clock", Found::Wrong)]);
        assert_eq!(examine(&Status { clock_ahead_s: 17 * DAY, ..good() }), []);
        assert_eq!(examine(&Status { clock_ahead_s: 1095 * DAY, ..good() }), [("clock", Found::Wrong)]);
        assert_eq!(examine(&Status { waiting: 2, ..good() }), [("partners", Found::Warning)]);
        assert_eq!(examine(&Status { reading: false, ..good() }), [("reading", Found::Warning)]);
        for (from, found) in [(DAY, Found::Wrong), (2_000_000_000 * DAY, Found::Warning)] {
            let log_required = Some(moment::rfc3339(Timestamp(from)));
            assert_eq!(examine(&Status { log_required, ..good() }), [("log", found)]);
        }
        let mut proven = Status { log_required: Some(moment::rfc3339(Timestamp(DAY))), ..good() };
        proven.desks[0].in_log = true;
        assert_eq!(examine(&proven), []);
        assert_eq!(examine(&Status { log_fork: true, ..good() }), [("log", Found::Wrong)]);
        let at = moment::rfc3339(Timestamp(DAY));
        let doubt = Some(DoubtRow { address: "1379905001-43".into(), at: at.clone() });
        assert_eq!(examine(&Status { log_doubt: doubt, ..good() }), [("log", Found::Wrong)]);
        let missing = Some(MissingRow { size: 7, since: at });
        assert_eq!(examine(&Status { log_missing: missing, ..good() }), [("log", Found::Warning)]);
        let held = Status { waiting: 2, held: 2, ..good() };
        assert_eq!(examine(&held), [("messages", Found::Warning)]);
        for addresses in [vec![], vec!["1379905001-43".to_owned()]] {
            let refused = vec![RefusedRow { addresses, refusal: "revoked".into() }];
            assert_eq!(examine(&Status { refused, ..good() }), [("partners", Found::Wrong)]);
        }
    }
}
