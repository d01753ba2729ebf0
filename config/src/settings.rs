//! The values of a node's settings, and how the layers become them.

use std::{io, path::Path};

use musubi_protocol::invitation::Place;
use serde::Deserialize;

use crate::{
    DEFAULTS, FILE_NAME,
    check::{self, BadValue},
    file::{self, Error, Lines, Problem},
};

/// The settings of one node: complete and checked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the node listens and whom it dials.
    pub network: Network,
    /// Where the authority is.
    pub authority: Authority,
    /// The local API.
    pub api: Api,
    /// Bounds on what others can take up.
    pub limits: Limits,
    /// What may be sent as attachments, and taken.
    pub attachments: Attachments,
    /// The store.
    pub store: Store,
    /// The log.
    pub log: Log,
}

/// Where the node listens and whom it dials.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Multiaddresses to listen at; not empty.
    pub listen: Vec<String>,
    /// Multiaddresses of partners' nodes.
    pub peers: Vec<String>,
}

/// Where the authority is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Host and port; empty: where the office joined.
    pub at: String,
}

impl Authority {
    /// The place, if one is set.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.at.parse().ok()
    }
}

/// The local API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Loopback address and port; port 0 takes any free one.
    pub listen: String,
}

/// Bounds on what others can take up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Connections not yet admitted, in all.
    pub pending: u64,
    /// Connections not yet admitted, of one IP address.
    pub pending_per_ip: u64,
}

/// What may be sent as attachments, and how large a message is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachments {
    /// Largest file in MiB.
    pub file_mib: u64,
    /// Largest message in MiB, all its files together.
    pub message_mib: u64,
    /// Most files of a message.
    pub files: u64,
    /// Largest message of a partner that is taken, in MiB.
    pub receive_mib: u64,
}

/// The store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Memory of the cache in MiB.
    pub cache_mib: u64,
    /// Free disk space in MiB below which no new mail is taken or sent.
    pub reserve_mib: u64,
}

/// The log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Levels, as `tracing` reads them.
    pub filter: String,
}

/// What the command line says; `None` and empty lists leave the lower layers as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Instead of `network.listen`.
    pub listen: Vec<String>,
    /// Instead of `network.peers`.
    pub peers: Vec<String>,
    /// Instead of `api.listen`.
    pub api: Option<String>,
    /// Instead of `log.filter`.
    pub log: Option<String>,
}

impl Settings {
    /// The settings of the node in `dir`: defaults, then its file if there is one, then the options.
    ///
    /// # Errors
    /// The first fault, with its line and key.
    pub fn load(dir: &Path, overrides: &Overrides) -> Result<Self, Error> {
        let path = dir.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::Read { path, source }),
        };
        Self::from_text(&path, &text, overrides)
    }

    /// The same from a file's text; `path` only stands in errors.
    ///
    /// # Errors
    /// As [`Settings::load`], except for reading.
    pub fn from_text(path: &Path, text: &str, overrides: &Overrides) -> Result<Self, Error> {
        let in_file = |(line, problem)| Error::File { path: path.to_owned(), line, problem };
        // Windows editors put a byte order mark in front.
        let (layer, lines) = file::read(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(in_file)?;
        let mut table: toml::Table = DEFAULTS.parse().map_err(Error::Defaults)?;
        merge(&mut table, layer);
        let mut settings: Self = table.try_into().map_err(Error::Defaults)?;
        settings.check().map_err(|(key, reason)| in_file((line_of(&lines, &key), problem(&key, reason))))?;

        settings.apply(overrides);
        settings.check().map_err(|(key, reason)| Error::Option { problem: problem(&key, reason) })?;
        Ok(settings)
    }

    fn apply(&mut self, overrides: &Overrides) {
        let Overrides { listen, peers, api, log } = overrides.clone();
        if !listen.is_empty() {
            self.network.listen = listen;
        }
        if !peers.is_empty() {
            self.network.peers = peers;
        }
        if let Some(api) = api {
            self.api.listen = api;
        }
        if let Some(filter) = log {
            self.log.filter = filter;
        }
    }

    /// Checks each value; the key of a list item ends with its index.
    fn check(&self) -> Result<(), (String, BadValue)> {
        let at = |key: &str| {
            let key = key.to_owned();
            move |reason| (key, reason)
        };
        if self.network.listen.is_empty() {
            return Err(at("network.listen")(BadValue::Listen));
        }
        for (index, text) in self.network.listen.iter().enumerate() {
            check::listen(text).map_err(at(&format!("network.listen.{index}")))?;
        }
        for (index, text) in self.network.peers.iter().enumerate() {
            check::peer(text).map_err(at(&format!("network.peers.{index}")))?;
        }
        check::authority(&self.authority.at).map_err(at("authority.at"))?;
        check::api(&self.api.listen).map_err(at("api.listen"))?;
        check::range(self.limits.pending, 16, 65_536).map_err(at("limits.pending"))?;
        check::range(self.limits.pending_per_ip, 1, 65_536).map_err(at("limits.pending_per_ip"))?;
        let Attachments { file_mib, message_mib, files, receive_mib } = self.attachments;
        check::range(file_mib, 1, 4_096).map_err(at("attachments.file_mib"))?;
        check::range(message_mib, 1, 4_096).map_err(at("attachments.message_mib"))?;
        check::range(files, 1, 1_000).map_err(at("attachments.files"))?;
        // Any bundle must be taken, with its padding.
        check::range(receive_mib, 320, 4_096).map_err(at("attachments.receive_mib"))?;
        check::range(self.store.cache_mib, 8, 1_024).map_err(at("store.cache_mib"))?;
        check::range(self.store.reserve_mib, 64, 1_048_576).map_err(at("store.reserve_mib"))?;
        check::log_filter(&self.log.filter).map_err(at("log.filter"))
    }
}

/// Names a list item by its list: people count in lines, which the error carries.
fn problem(key: &str, reason: BadValue) -> Problem {
    let key = key.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('.').to_owned();
    Problem::Value { key, reason }
}

fn line_of(lines: &Lines, key: &str) -> usize {
    lines.get(key).copied().unwrap_or(1)
}

/// Lays `upper` over `lower`, table by table; everything else is replaced whole.
fn merge(lower: &mut toml::Table, upper: toml::Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}
