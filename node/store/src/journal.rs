//! The journal: where a batch goes first, and where small bodies stay.
//!
//! A batch is one frame, written behind the last and synced with those that came meanwhile: one write and one sync of one
//! file, where the engine needs several of each. Its records go on to the engine later, many batches at once
//! ([`Engine::settle`](crate::engine::Engine::settle)); until then they are in memory, and come out of the journal again
//! when a process begins whose forerunner was killed. Small bodies are never moved: the record of one says where in the
//! journal it lies.
//!
//! ```text
//! journal/0000000000000001   frames, one behind the other
//! frame     magic | length of the items (u32) | durable before (u64) | sum of the items (u32) | sum of the header (u32) | items
//! item      0 | length (u16) | key                                        a removal
//!           1 | length (u16) | key | length (u32) | value                 a record
//!           2 | length (u16) | key | length (u32) | bytes                 a body; its record is its place
//! ```
//!
//! Numbers are big-endian. The sums are CRC-32; the header's is over the frame's file and place, too, so that a frame
//! counts nowhere else. `durable before` is how far this file was synced when the frame was made: a frame that
//! cannot be read is what a power cut left of an unfinished write, unless a later one says that it was durable once, or a
//! later file is there, which is begun only when the one before is durable. Then it is damage. Behind the last frame of
//! the last file there may be zeros. Before the place up to which the engine has everything the values of records may be
//! zeros, whatever the sums say, and a file may begin with other bytes than a frame ([`clear`](crate::clear)).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::iter;
use std::mem;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::crash;
use crate::open::{OpenError, damaged};
use crate::platform;

/// A file longer than this is followed by the next.
pub(crate) const SEGMENT: u64 = 32 << 20;
/// The beginning of a frame; the last byte is the format.
pub(crate) const MAGIC: [u8; 4] = [0xd7, b'M', b'J', 1];
pub(crate) const HEADER: usize = 24;
const FORMAT: u8 = 1;
/// Bytes handed to the system at once.
const WRITE: usize = 1 << 20;
/// So many zeros are written behind frames that made the file longer: the next ones replace them, and syncing is done with
/// their bytes, where a file that grew has its length synced as well.
const AHEAD: usize = 256 << 10;
/// Not behind more than this at once: writing the zeros would take longer than what they save.
const FEW: u64 = 64 << 10;
/// Nor where less room than this is free: they must not be what a commit fails for.
const ROOM: u64 = 64 << 20;

const REMOVAL: u8 = 0;
const RECORD: u8 = 1;
const BODY: u8 = 2;

/// Changes by engine key, the newest of each; none for a removal.
pub(crate) type Index = BTreeMap<Vec<u8>, Option<sled::IVec>>;

/// A place in the journal: a file, and where in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) at: u64,
}

impl Place {
    pub(crate) fn to_value(self) -> Vec<u8> {
        [&[FORMAT], &self.segment.to_be_bytes()[..], &self.at.to_be_bytes()].concat()
    }

    pub(crate) fn from_value(value: &[u8]) -> Option<Self> {
        let (segment, at) = value.strip_prefix(&[FORMAT])?.split_first_chunk()?;
        Some(Self { segment: u64::from_be_bytes(*segment), at: u64::from_be_bytes(at.try_into().ok()?) })
    }
}

/// Where a body lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) place: Place,
    pub(crate) len: u32,
}

impl Span {
    pub(crate) fn to_value(self) -> sled::IVec {
        [&self.place.to_value(), &self.len.to_be_bytes()[..]].concat().into()
    }

    pub(crate) fn from_value(value: &[u8]) -> Option<Self> {
        let (place, len) = value.split_last_chunk()?;
        Some(Self { place: Place::from_value(place)?, len: u32::from_be_bytes(*len) })
    }
}

/// What a batch does to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Remove,
    Put(sled::IVec),
    /// The key's body: where among the items it begins, and its length.
    Body {
        at: usize,
        len: u32,
    },
}

impl Change {
    /// What the key holds, for items that stand at a place of the journal.
    fn value(self, items: Place) -> Option<sled::IVec> {
        match self {
            Self::Remove => None,
            Self::Put(value) => Some(value),
            Self::Body { at, len } => {
                let place = Place { at: items.at + at as u64, ..items };
                Some(Span { place, len }.to_value())
            }
        }
    }
}

/// Adds an item; the caller has looked that key and value keep their bounds.
pub(crate) fn add(items: &mut Vec<u8>, key: &[u8], change: Item<'_>) -> Change {
    let kind = match change {
        Item::Remove => REMOVAL,
        Item::Record(_) => RECORD,
        Item::Body(_) => BODY,
    };
    items.push(kind);
    items.extend((key.len() as u16).to_be_bytes());
    items.extend_from_slice(key);
    match change {
        Item::Remove => Change::Remove,
        Item::Record(bytes) | Item::Body(bytes) => {
            let len = bytes.len() as u32;
            items.extend(len.to_be_bytes());
            let at = items.len();
            items.extend_from_slice(bytes);
            if kind == BODY { Change::Body { at, len } } else { Change::Put(bytes.into()) }
        }
    }
}

/// What is added.
#[derive(Clone, Copy)]
pub(crate) enum Item<'a> {
    Remove,
    Record(&'a [u8]),
    Body(&'a [u8]),
}

/// An item as it stands in a frame.
#[derive(Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) item: Item<'a>,
    /// Where among the items its value begins.
    pub(crate) at: usize,
}

/// Walks through the items of a frame; ends with none where they are not what [`add`] makes.
pub(crate) fn walk(items: &[u8]) -> impl Iterator<Item = Option<Written<'_>>> {
    let mut rest = items;
    iter::from_fn(move || {
        let (found, after) = match rest {
            [] => return None,
            _ => first(items.len(), rest).unzip(),
        };
        rest = after.unwrap_or_default();
        Some(found)
    })
}

/// The first item of what is left of `len` bytes, and what comes after it.
fn first(len: usize, rest: &[u8]) -> Option<(Written<'_>, &[u8])> {
    let (&kind, after) = rest.split_first()?;
    let (key, after) = after.split_first_chunk()?;
    let (key, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*key)))?;
    if kind == REMOVAL {
        return Some((Written { key, item: Item::Remove, at: len - after.len() }, after));
    }
    let (bytes, after) = after.split_first_chunk()?;
    let at = len - after.len();
    let (bytes, after) = after.split_at_checked(u32::from_be_bytes(*bytes) as usize)?;
    let item = match kind {
        RECORD => Item::Record(bytes),
        BODY => Item::Body(bytes),
        _ => return None,
    };
    Some((Written { key, item, at }, after))
}

impl<'a> Item<'a> {
    /// The value, if there is one.
    pub(crate) const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Remove => &[],
            Self::Record(bytes) | Self::Body(bytes) => bytes,
        }
    }
}

/// Reads the items of a frame; none if they are not what [`add`] makes.
pub(crate) fn items(items: &[u8]) -> Option<Vec<(Vec<u8>, Change)>> {
    walk(items)
        .map(|found| {
            let Written { key, item, at } = found?;
            let change = match item {
                Item::Remove => Change::Remove,
                Item::Record(bytes) => Change::Put(bytes.into()),
                Item::Body(bytes) => Change::Body { at, len: bytes.len() as u32 },
            };
            Some((key.to_vec(), change))
        })
        .collect()
}

/// A frame that is on its way to the disk.
pub(crate) struct Frame {
    place: Place,
    header: [u8; HEADER],
    items: Vec<u8>,
}

impl Frame {
    fn new(place: Place, durable: u64, items: Vec<u8>) -> Self {
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&MAGIC);
        header[4..8].copy_from_slice(&(items.len() as u32).to_be_bytes());
        header[8..16].copy_from_slice(&durable.to_be_bytes());
        header[16..20].copy_from_slice(&crc32fast::hash(&items).to_be_bytes());
        let sum = header_sum(place, &header);
        header[20..].copy_from_slice(&sum.to_be_bytes());
        Self { place, header, items }
    }

    fn items(&self) -> Place {
        Place { at: self.place.at + HEADER as u64, ..self.place }
    }

    fn end(&self) -> Place {
        Place { at: self.items().at + self.items.len() as u64, ..self.place }
    }

    /// The bytes of a span, if it lies in this frame.
    fn bytes(&self, span: Span) -> Option<&[u8]> {
        let from = span.place.at.checked_sub(self.items().at)? as usize;
        (span.place.segment == self.place.segment).then(|| self.items.get(from..from + span.len as usize)).flatten()
    }
}

fn header_sum(place: Place, header: &[u8; HEADER]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&place.segment.to_be_bytes());
    sum.update(&place.at.to_be_bytes());
    sum.update(&header[..20]);
    sum.finalize()
}

/// The end of the journal, in memory: what is not written yet, and where the next frame goes.
pub(crate) struct Tail {
    next: Place,
    /// How far everything is durable.
    durable: Place,
    frames: Vec<Frame>,
    /// Of the frames, in bytes.
    waiting: usize,
    /// What is being written now.
    writing: std::sync::Arc<Vec<Frame>>,
}

impl Tail {
    pub(crate) fn new(next: Place) -> Self {
        Self { next, durable: next, frames: Vec::new(), waiting: 0, writing: std::sync::Arc::default() }
    }

    /// Adds a batch's items; gives what its keys hold from now on.
    pub(crate) fn add(
        &mut self,
        items: Vec<u8>,
        changes: Vec<(Vec<u8>, Change)>,
    ) -> impl Iterator<Item = (Vec<u8>, Option<sled::IVec>)> {
        if SEGMENT <= self.next.at {
            self.next = Place { segment: self.next.segment + 1, at: 0 };
        }
        let durable = if self.durable.segment == self.next.segment { self.durable.at } else { 0 };
        let frame = Frame::new(self.next, durable, items);
        let at = frame.items();
        self.next = frame.end();
        self.waiting += HEADER + frame.items.len();
        self.frames.push(frame);
        changes.into_iter().map(move |(key, change)| (key, change.value(at)))
    }

    /// Where the next frame goes, if none comes before.
    pub(crate) const fn next(&self) -> Place {
        self.next
    }

    /// Bytes that no write has begun for.
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Takes what waits, to be written by the one who writes.
    pub(crate) fn take(&mut self) -> std::sync::Arc<Vec<Frame>> {
        self.waiting = 0;
        self.writing = std::sync::Arc::new(mem::take(&mut self.frames));
        std::sync::Arc::clone(&self.writing)
    }

    /// What was taken is in the file, durable.
    pub(crate) fn written(&mut self) -> std::sync::Arc<Vec<Frame>> {
        if let Some(last) = self.writing.last() {
            self.durable = last.end();
        }
        mem::take(&mut self.writing)
    }

    /// The bytes of a body that may not be in the file yet; none if it is.
    pub(crate) fn bytes(&self, span: Span) -> Option<&[u8]> {
        [self.writing.as_slice(), &self.frames].into_iter().find_map(|frames| {
            let after = frames.partition_point(|frame| frame.place <= span.place);
            frames.get(after.checked_sub(1)?)?.bytes(span)
        })
    }
}

/// Writes frames and syncs them; of one thread.
pub(crate) struct Writer {
    dir: PathBuf,
    segment: u64,
    file: File,
    /// Where the frames in the file end.
    end: u64,
    /// Where the file ends, with zeros from the frames' end on.
    len: u64,
}

impl Writer {
    /// Goes on at a place where a file of that number is there and ends.
    pub(crate) fn open(dir: &Path, next: Place) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).open(path(dir, next.segment))?;
        Ok(Self { dir: dir.to_owned(), segment: next.segment, file, end: next.at, len: next.at })
    }

    /// Writes frames behind the last and waits until they are durable.
    pub(crate) fn write(&mut self, frames: &[Frame]) -> io::Result<()> {
        crash::fault("store.write")?;
        for frames in frames.chunk_by(|a, b| a.place.segment == b.place.segment) {
            let (Some(first), Some(last)) = (frames.first(), frames.last()) else { continue };
            if first.place.segment != self.segment {
                self.begin_next(first.place.segment)?;
            }
            self.file.seek(SeekFrom::Start(first.place.at))?;
            let mut out = BufWriter::with_capacity(WRITE, &self.file);
            for frame in frames {
                out.write_all(&frame.header)?;
                out.write_all(&frame.items)?;
            }
            out.flush()?;
            drop(out);
            self.end = last.end().at;
            self.len = self.len.max(self.end);
            let few = last.end().at - first.place.at <= FEW;
            let has_room = || platform::free_bytes(&self.dir).is_ok_and(|free| ROOM < free);
            if few && self.len == self.end && self.end < SEGMENT && has_room() {
                self.file.write_all(&[0; AHEAD])?;
                self.len += AHEAD as u64;
            }
        }
        crash::point("store.written");
        crash::fault("store.sync")?;
        self.file.sync_data()
    }

    /// Ends a file where its frames end, durably before the next one can be seen, and begins that.
    fn begin_next(&mut self, segment: u64) -> io::Result<()> {
        self.file.set_len(self.end)?;
        // All of it: that the file is shorter now is not data.
        self.file.sync_all()?;
        self.file = begin(&self.dir, segment)?;
        (self.segment, self.end, self.len) = (segment, 0, 0);
        Ok(())
    }
}

/// Begins a file of the journal; its name is durable on return.
pub(crate) fn begin(dir: &Path, segment: u64) -> io::Result<File> {
    let file = platform::create_private(&path(dir, segment))?;
    platform::sync_dir(dir)?;
    crash::point("journal.begun");
    Ok(file)
}

pub(crate) fn path(dir: &Path, segment: u64) -> PathBuf {
    dir.join(format!("{segment:016x}"))
}

/// The files of the journal by number, with their lengths. Names that are none of its own are left alone.
pub(crate) fn segments(dir: &Path) -> io::Result<BTreeMap<u64, u64>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.len() == 16) else { continue };
        if let Ok(number) = u64::from_str_radix(name, 16) {
            found.insert(number, entry.metadata()?.len());
        }
    }
    Ok(found)
}

/// Reads up to `len` bytes of a body from `from`, out of its file.
pub(crate) fn read(dir: &Path, span: Span, from: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(path(dir, span.place.segment))?;
    file.seek(SeekFrom::Start(span.place.at + from))?;
    let mut out = vec![0; len];
    file.read_exact(&mut out)?;
    Ok(out)
}

/// Reads what the engine has not got, which is what comes after `from`; tells where the journal ends. It ends at `from`
/// itself if nothing came after.
pub(crate) fn replay(dir: &Path, from: Place) -> Result<(Index, Place), OpenError> {
    let mut index = Index::new();
    let found: Vec<(u64, u64)> = segments(dir)?.range(from.segment..).map(|(segment, len)| (*segment, *len)).collect();
    if found.first().is_none_or(|(segment, len)| *segment != from.segment || *len < from.at) {
        return Err(damaged("a part of the journal is missing".to_owned()));
    }
    let mut end = from;
    for (at, (segment, _)) in found.iter().enumerate() {
        if *segment != from.segment + at as u64 {
            return Err(damaged("a part of the journal is missing".to_owned()));
        }
        let begin = if at == 0 { from.at } else { 0 };
        let mut file = File::open(path(dir, *segment))?;
        file.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        end = Place { segment: *segment, at: begin };
        let mut rest = bytes.as_slice();
        while let Some((frame, after)) = read_frame(end, rest) {
            let place = Place { at: end.at + HEADER as u64, ..end };
            let changes = items(frame).ok_or_else(|| damaged("a part of the journal makes no sense".to_owned()))?;
            index.extend(changes.into_iter().map(|(key, change)| (key, change.value(place))));
            end.at += (rest.len() - after.len()) as u64;
            rest = after;
        }
        let later = at + 1 < found.len();
        if !rest.is_empty() && (later || was_durable(end, rest)) {
            return Err(damaged("a part of the journal cannot be read".to_owned()));
        }
    }
    Ok((index, end))
}

/// What a header says that is whole.
pub(crate) struct Header {
    /// Of the items, in bytes.
    pub(crate) len: usize,
    durable: u64,
    items_sum: u32,
}

/// Reads the header at the beginning of some bytes; tells what comes after it.
pub(crate) fn read_header(place: Place, bytes: &[u8]) -> Option<(Header, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
    let (magic, fields) = header.split_first_chunk()?;
    let (len, fields) = fields.split_first_chunk()?;
    let (durable, fields) = fields.split_first_chunk()?;
    let (items_sum, fields) = fields.split_first_chunk()?;
    let sum = fields.first_chunk()?;
    if *magic != MAGIC || u32::from_be_bytes(*sum) != header_sum(place, header) {
        return None;
    }
    let len = u32::from_be_bytes(*len) as usize;
    Some((Header { len, durable: u64::from_be_bytes(*durable), items_sum: u32::from_be_bytes(*items_sum) }, rest))
}

/// The items of the frame that stands at the beginning of some bytes, and what comes after it.
fn read_frame(place: Place, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, rest) = read_header(place, bytes)?;
    let (items, rest) = rest.split_at_checked(header.len)?;
    (crc32fast::hash(items) == header.items_sum).then_some((items, rest))
}

/// Whether a frame further on says that what stands here was durable.
fn was_durable(place: Place, bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, &MAGIC).any(|at| {
        let further = Place { at: place.at + at as u64, ..place };
        read_header(further, &bytes[at..]).is_some_and(|(header, _)| place.at < header.durable)
    })
}

/// A frame as it stands in a file.
#[cfg(test)]
pub(crate) fn frame(place: Place, items: Vec<u8>) -> Vec<u8> {
    let frame = Frame::new(place, 0, items);
    [&frame.header, frame.items.as_slice()].concat()
}

#[cfg(test)]
mod tests;
