//! Setting an office up: making its directory, asking for a certificate, installing what comes back.
//!
//! These work without a node. While one runs it owns the store, and `install` goes through its API.

use std::{io, path::PathBuf};

use ed25519_dalek::SigningKey;
use musubi_protocol::{
    certificate::{IssueError, material},
    ids::{Hash, Kind, OfficeNumber},
    invitation::Place,
    request::Request,
};
use musubi_store::{
    OpenError, StoreError,
    keyfile::{KeyFile, KeyFileError, Locks, Opener, Passphrase, RecoveryCode},
    platform::machine::{Machine, MachineError},
};
use rand::{TryRng, rngs::SysRng};
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use crate::{
    api::types::Installed,
    clock::Clock,
    db::{Db, DbError, Writes},
    desk::{self, Kept},
    home::Home,
    keys::{KeyError, Keys, Label, Mode, Unlock},
    news,
    trust::{InstallError, TrustKeeper},
};

/// Name of the wrapped node key among the single values.
pub(crate) const NODE_KEY: &str = "node key";

/// Memory for the store in commands that run for a moment.
const CACHE: u64 = 8 << 20;

/// Why an office could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfficeError {
    /// No office was set up in this directory.
    #[error("nothing is set up in this directory")]
    NotSetUp,
    /// An office with this number has a desk here already.
    #[error("office {0} has a desk in this directory already")]
    Exists(OfficeNumber),
    /// Several desks, and none named.
    #[error("several offices are set up here: name one")]
    WhichOffice(Vec<OfficeNumber>),
    /// No desk of this office number.
    #[error("office {0} has no desk in this directory")]
    NoOffice(OfficeNumber),
    /// A desk needs at least one kind.
    #[error("a desk needs at least one kind")]
    NoKind,
    /// This system keeps no machine secrets and no machine key file was named.
    #[error("this system keeps no machine secrets")]
    NoMachineStore(#[source] MachineError),
    /// The key file or something wrapped does not open.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store cannot be opened; a running node has it, perhaps.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store refused.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The certificate request could not be made.
    #[error("the request could not be made")]
    Request(#[source] IssueError),
    /// What was to be installed was refused.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

impl From<KeyFileError> for OfficeError {
    fn from(error: KeyFileError) -> Self {
        Self::Key(error.into())
    }
}

impl From<StoreError> for OfficeError {
    fn from(error: StoreError) -> Self {
        Self::Db(error.into())
    }
}

/// What to set up.
pub struct Init {
    /// The office number.
    pub office: OfficeNumber,
    /// Its kinds at this desk.
    pub kinds: Vec<Kind>,
    /// The office's name.
    pub name: String,
    /// How keys are opened; counts at the first desk only.
    pub mode: Mode,
    /// The new passphrase at the first desk, later the one chosen then.
    pub unlock: Unlock,
    /// Where to put this machine's secret in unattended mode, on systems that keep none.
    pub machine_key: Option<PathBuf>,
}

/// What was set up.
pub struct Initialised {
    /// The recovery code to print; at the first desk only.
    pub recovery: Option<Zeroizing<String>>,
    /// How many desks the directory holds now.
    pub desks: usize,
}

/// Sets up a desk: the directory with its keys if it is the first, one more desk otherwise.
///
/// # Errors
/// [`OfficeError`]. A failure at the first desk may leave a directory without desks behind, which a second call
/// with the same passphrase completes.
pub fn init(home: &Home, what: Init) -> Result<Initialised, OfficeError> {
    if what.kinds.is_empty() {
        return Err(OfficeError::NoKind);
    }
    let (keys, recovery) = if home.is_set_up() {
        (Keys::unlock(home, &what.unlock)?, None)
    } else {
        home.create()?;
        let (keys, code) = new_keys(home, &what)?;
        (keys, Some(code))
    };
    let db = Db::new(home.make_store(CACHE)?);
    let kept: Vec<Kept> = db.desks()?;
    if kept.iter().any(|desk| desk.office() == what.office) {
        return Err(OfficeError::Exists(what.office));
    }
    let mut writes = Writes::new();
    if db.meta::<ByteBuf>(NODE_KEY)?.is_none() {
        let node = keys.wrap(Label::NodeKey, &[], random_key()?.as_slice())?;
        writes.meta(NODE_KEY, &ByteBuf::from(node))?;
    }
    let number = kept.iter().map(Kept::number).max().unwrap_or(0) + 1;
    let key = SigningKey::from_bytes(&*random_key()?);
    let mut kinds = what.kinds;
    kinds.sort_unstable();
    kinds.dedup();
    writes.desk(number, &Kept::new(number, what.office, kinds, what.name, &key, &keys)?)?;
    db.store().commit_blocking(writes.into_batch())?;
    Ok(Initialised { recovery, desks: kept.len() + 1 })
}

fn new_keys(home: &Home, what: &Init) -> Result<(Keys, Zeroizing<String>), OfficeError> {
    let code = RecoveryCode::generate()?;
    let text = code.to_text();
    let mut openers = vec![(Opener::Recovery(code), Locks::BOTH)];
    if let Unlock::Passphrase(passphrase) = &what.unlock {
        openers.push((Opener::Passphrase(Passphrase::new(passphrase.clone())), Locks::BOTH));
    }
    if what.mode == Mode::Unattended {
        let machine = match &what.machine_key {
            Some(path) => Machine::create_key_file(path, home.dir()).map_err(KeyFileError::from)?,
            None => Machine::protect().map_err(OfficeError::NoMachineStore)?,
        };
        openers.push((Opener::Machine(machine), Locks::BOTH));
    }
    let (_, roots) = KeyFile::create(&home.keys(), &openers)?;
    Ok((Keys::from_roots(roots)?, text))
}

fn random_key() -> Result<Zeroizing<[u8; 32]>, OfficeError> {
    let mut key = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(&mut *key).map_err(|_| OfficeError::Random)?;
    Ok(key)
}

/// Makes the certificate request of a desk, as PEM.
///
/// # Errors
/// [`OfficeError`].
pub fn request(
    home: &Home,
    unlock: &Unlock,
    office: Option<OfficeNumber>,
) -> Result<(OfficeNumber, String), OfficeError> {
    if !home.is_set_up() {
        return Err(OfficeError::NotSetUp);
    }
    let keys = Keys::unlock(home, unlock)?;
    let db = Db::new(home.open_store(CACHE)?);
    let desks: Vec<Kept> = db.desks()?;
    let desk = match (office, desks.as_slice()) {
        (_, []) => return Err(OfficeError::NotSetUp),
        (None, [desk]) => desk,
        (None, several) => return Err(OfficeError::WhichOffice(several.iter().map(Kept::office).collect())),
        (Some(office), several) => {
            several.iter().find(|desk| desk.office() == office).ok_or(OfficeError::NoOffice(office))?
        }
    };
    let request =
        Request::create(desk.office(), desk.name(), desk.kinds(), &desk.key(&keys)?).map_err(OfficeError::Request)?;
    Ok((desk.office(), material::to_pem([(material::REQUEST, request.der())])))
}

/// Installs certificates, revocation lists, trust bundles and log heads, told apart by content. All of them or, on
/// an error, none. `pin` is SHA-256 of root 1's DER.
///
/// # Errors
/// [`OfficeError::Open`] with `InUse` while a node runs: then its API installs. Else [`OfficeError`].
pub fn install(home: &Home, files: &[Vec<u8>], pin: Option<Hash>) -> Result<Installed, OfficeError> {
    install_from(home, files, pin, None)
}

/// As [`install`], of an authority at this place, which the node asks from then on.
///
/// # Errors
/// As [`install`].
pub fn install_from(
    home: &Home,
    files: &[Vec<u8>],
    pin: Option<Hash>,
    place: Option<&Place>,
) -> Result<Installed, OfficeError> {
    if !home.is_set_up() {
        return Err(OfficeError::NotSetUp);
    }
    let db = Db::new(home.open_store(CACHE)?);
    let desks: Vec<Kept> = db.desks()?;
    if desks.is_empty() {
        // An authority's directory has keys and a store, too.
        return Err(OfficeError::NotSetUp);
    }
    let keeper = TrustKeeper::load(&db, Clock::system())?;
    let mut installation = keeper.examine(&db, &desks, files, pin)?;
    if let Some(place) = place {
        news::remember_place(&mut installation.writes, place)?;
    }
    db.store().commit_blocking(installation.writes.into_batch())?;
    Ok(installation.report)
}

/// What can be said of the desks without unlocking anything: office, kinds, and whether a certificate is installed.
///
/// # Errors
/// [`OfficeError`].
pub fn desks(home: &Home) -> Result<Vec<(Kept, bool)>, OfficeError> {
    if !home.is_set_up() {
        return Err(OfficeError::NotSetUp);
    }
    let db = Db::new(home.open_store(CACHE)?);
    db.desks::<Kept>()?
        .into_iter()
        .map(|kept| {
            let certified = !desk::certificates(&db, &kept)?.is_empty();
            Ok((kept, certified))
        })
        .collect()
}
