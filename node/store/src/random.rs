//! Random bytes from the operating system.

use std::io;

use rand::TryRng;
use rand::rngs::SysRng;

/// Fills an array from the operating system's generator, which may fail on a broken machine.
pub(crate) fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut out = [0; N];
    SysRng.try_fill_bytes(&mut out).map_err(io::Error::other)?;
    Ok(out)
}
