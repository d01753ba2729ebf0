//! Where a ciphertext goes while it is made: small ones stay in memory, larger ones become a body's file at once.

use std::io::{self, Write};

use musubi_store::{
    Room, Store,
    bodies::{BodyWriter, SMALL},
};

use crate::{db::DbError, outbox::Body};

/// Bytes written between two looks at the free space.
const LOOK_EVERY: u64 = 16 << 20;

/// A ciphertext in the making. Dropped before [`Spool::finish`], it leaves nothing.
pub(super) struct Spool {
    store: Store,
    place: Place,
    /// Bytes until the next look at the free space.
    unlooked: u64,
}

enum Place {
    Memory(Vec<u8>),
    File(BodyWriter),
}

impl Spool {
    pub(super) const fn new(store: Store) -> Self {
        Self { store, place: Place::Memory(Vec::new()), unlooked: 0 }
    }

    /// Makes a large one durable.
    pub(super) fn finish(self) -> Result<Body, DbError> {
        match self.place {
            Place::Memory(bytes) => Ok(Body::Small(bytes)),
            Place::File(writer) => Ok(Body::File(writer.finish()?)),
        }
    }

    fn look(&mut self, bytes: usize) -> io::Result<()> {
        let Some(unlooked) = self.unlooked.checked_sub(bytes as u64) else {
            self.unlooked = LOOK_EVERY;
            // The reserve is for what is taken already.
            let room = self.store.room().map_err(io::Error::other)?;
            return if room == Room::Low { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) };
        };
        self.unlooked = unlooked;
        Ok(())
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Place::Memory(held) = &mut self.place {
            if held.len() + bytes.len() <= SMALL {
                held.extend_from_slice(bytes);
                return Ok(bytes.len());
            }
            self.look(bytes.len())?;
            let mut writer = self.store.bodies().write().map_err(io::Error::other)?;
            if let Place::Memory(held) = &self.place {
                writer.write_all(held)?;
            }
            self.place = Place::File(writer);
        }
        self.look(bytes.len())?;
        match &mut self.place {
            Place::File(writer) => writer.write(bytes),
            // It has just become a file.
            Place::Memory(_) => Err(io::ErrorKind::Other.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Removes the file of a ciphertext that nothing refers to after all.
pub(super) fn forget(store: &Store, body: &Body) {
    if let Body::File(file) = body {
        // What stays all the same is swept at the next start.
        let _: Result<(), _> = store.bodies().remove(*file);
    }
}
