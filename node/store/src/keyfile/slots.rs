//! Two slots of fixed size, written in turn and in place.
//!
//! A generation goes into slot `generation % 2`, so the one before stays whole while it is written: a torn write leaves
//! the former state. In place, because a rename would leave the old keys in a freed block, and because a name's
//! durability is one thing more that can fail.
//!
//! ```text
//! slot = "MUSUBIKF" | format u16 | generation u64 | length u32 | contents | zeros | SHA-256 of all before
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

use super::KeyFileError;
use super::contents::Contents;

pub(super) const SLOT: usize = 16 << 10;
/// Bytes of contents that fit.
pub(super) const CAPACITY: usize = SLOT - HEADER - CHECKSUM;

const MAGIC: &[u8; 8] = b"MUSUBIKF";
const FORMAT: u16 = 1;
const HEADER: usize = 8 + 2 + 8 + 4;
const CHECKSUM: usize = 32;

/// Writes a generation into its slot; durable on return. The contents have to fit.
pub(super) fn write(file: &mut File, generation: u64, contents: &[u8]) -> io::Result<()> {
    let mut slot = Vec::with_capacity(SLOT);
    slot.extend_from_slice(MAGIC);
    slot.extend_from_slice(&FORMAT.to_be_bytes());
    slot.extend_from_slice(&generation.to_be_bytes());
    slot.extend_from_slice(&(contents.len() as u32).to_be_bytes()); // at most CAPACITY
    slot.extend_from_slice(contents);
    slot.resize(SLOT - CHECKSUM, 0);
    let checksum = Sha256::digest(&slot);
    slot.extend_from_slice(&checksum);
    file.seek(SeekFrom::Start(generation % 2 * SLOT as u64))?;
    file.write_all(&slot)?;
    file.sync_all()
}

/// Reads the newest whole generation.
pub(super) fn read(file: &mut File) -> Result<(u64, Contents), KeyFileError> {
    let mut bytes = Vec::with_capacity(2 * SLOT);
    file.seek(SeekFrom::Start(0))?;
    file.take(2 * SLOT as u64).read_to_end(&mut bytes)?;
    newest(&bytes)
}

/// Reads the generation before the newest, if it is whole.
pub(super) fn read_former(file: &mut File) -> Result<Option<Contents>, KeyFileError> {
    let mut bytes = Vec::with_capacity(2 * SLOT);
    file.seek(SeekFrom::Start(0))?;
    file.take(2 * SLOT as u64).read_to_end(&mut bytes)?;
    let mut whole: Vec<(u64, Contents)> = bytes.chunks(SLOT).filter_map(|slot| parse(slot).ok()).collect();
    whole.sort_by_key(|(generation, _)| *generation);
    Ok(if whole.len() == 2 { whole.into_iter().next().map(|(_, contents)| contents) } else { None })
}

/// Judges the bytes of a file; any are safe to pass.
pub(super) fn newest(bytes: &[u8]) -> Result<(u64, Contents), KeyFileError> {
    let mut best: Option<(u64, Contents)> = None;
    let mut too_new = None;
    for slot in bytes.chunks(SLOT) {
        match parse(slot) {
            Ok(found) if best.as_ref().is_none_or(|(generation, _)| *generation < found.0) => best = Some(found),
            Err(KeyFileError::TooNew { found }) => too_new = Some(found),
            _ => {}
        }
    }
    match (too_new, best) {
        // Falling back to the older slot would undo what the newer program did.
        (Some(found), _) => Err(KeyFileError::TooNew { found }),
        (None, Some(best)) => Ok(best),
        (None, None) => Err(KeyFileError::Damaged),
    }
}

fn parse(slot: &[u8]) -> Result<(u64, Contents), KeyFileError> {
    parse_header(slot).ok_or(KeyFileError::Damaged).and_then(|(format, generation, contents)| match format {
        FORMAT => Ok((generation, Contents::decode(contents)?)),
        found if FORMAT < found => Err(KeyFileError::TooNew { found }),
        _ => Err(KeyFileError::Damaged),
    })
}

fn parse_header(slot: &[u8]) -> Option<(u16, u64, &[u8])> {
    if slot.len() != SLOT {
        return None;
    }
    let (body, checksum) = slot.split_last_chunk::<CHECKSUM>()?;
    if Sha256::digest(body).as_slice() != checksum {
        return None;
    }
    let rest = body.strip_prefix(MAGIC)?;
    let (format, rest) = rest.split_first_chunk()?;
    let (generation, rest) = rest.split_first_chunk()?;
    let (len, rest) = rest.split_first_chunk()?;
    let contents = rest.get(..usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
    Some((u16::from_be_bytes(*format), u64::from_be_bytes(*generation), contents))
}
