//! `musubi authority root`: roots on a computer without a network, and files that are carried there and back.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use musubi_node::{
    Clock,
    authority::{
        Act, Authority, Done, Error, Founded, Passphrase, Review, Root, RootAsked, RootRequest, RootShown, RootTasks,
    },
};
use musubi_protocol::certificate::material::TRUST_BUNDLE;

use crate::{
    args::values,
    client::{self, Client},
    context::Context,
    error::{CommandError, Exit, problem::grouped},
    moment, msg,
    output::{HANDED_OUT, Output},
    ui::{Ui, table::Table},
};

/// PEM label of what is carried to a root.
pub(super) const REQUEST: &str = "MUSUBI ROOT REQUEST";

/// What is done with roots.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Makes a root, on the computer without a network.
    Init(InitArgs),
    /// Shows a root and what it has signed, there.
    Show(ShowArgs),
    /// Signs a request, there.
    Sign(SignArgs),
    /// Writes what has to be carried to a root.
    Request(RequestArgs),
    /// Takes over what a root has signed.
    Accept(AcceptArgs),
    /// Shows what waits for a root.
    Status,
}

/// Which root.
#[derive(clap::Args, Debug)]
pub struct InitArgs {
    /// The authority's name.
    #[arg(long, value_name = "NAME", value_parser = values::name)]
    pub name: String,
    /// The root's number, which stands in its name.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub number: u16,
    /// The file for its certificate.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Nothing, or a file for the certificate.
#[derive(clap::Args, Debug)]
pub struct ShowArgs {
    /// The file for its certificate.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What to sign.
#[derive(clap::Args, Debug)]
pub struct SignArgs {
    /// The request.
    #[arg(value_name = "FILE")]
    pub request: PathBuf,
    /// The file for what was signed.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Signs without a question.
    #[arg(long)]
    pub yes: bool,
}

/// What to ask for.
#[derive(clap::Args, Debug)]
pub struct RequestArgs {
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Another issuing CA, though this year has one.
    #[arg(long)]
    pub issuing: bool,
    /// The issuing CA to be revoked.
    #[arg(long, value_name = "CA")]
    pub revoke: Vec<String>,
    /// The root that goes, 1 or 2.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2), requires = "new")]
    pub retire: Option<u8>,
    /// The certificate of the root that comes.
    #[arg(long, value_name = "FILE", requires = "retire")]
    pub new: Option<PathBuf>,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// What was signed.
#[derive(clap::Args, Debug)]
pub struct AcceptArgs {
    /// What the root has signed.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Who acts.
    #[command(flatten)]
    pub acting: super::Acting,
}

/// Does it.
pub(crate) fn run(ui: &mut Ui, context: &Context, command: Command) -> Result<Exit, CommandError> {
    match command {
        Command::Init(args) => init(ui, context, &args),
        Command::Show(args) => show(ui, context, &args),
        Command::Sign(args) => sign(ui, context, &args),
        Command::Request(args) => request(ui, context, &args),
        Command::Accept(args) => accept(ui, context, &args),
        Command::Status => status(ui, context),
    }
}

fn init(ui: &mut Ui, context: &Context, args: &InitArgs) -> Result<Exit, CommandError> {
    let dir = context.dir()?;
    match Root::look(dir) {
        Ok(_) => return Err(Error::Exists.into()),
        Err(Error::NoRoot) => {}
        Err(error) => return Err(error.into()),
    }
    let out = Output::prepare(&args.out, &HANDED_OUT)?;
    let passphrase = Passphrase::new(context.passphrase.chosen(ui)?);
    let now = Clock::system().now();
    let root = Root::init(dir, &args.name, args.number, &passphrase, now, &mut rand::rng())?;
    out.finish(&root.file)?;
    ui.line(&msg!("authority-root-made", name = &root.name, dir = dir, path = &args.out));
    ui.line(&msg!("authority-root-pin", pin = grouped(&root.id.to_string())));
    ui.line(&msg!("authority-root-made-next"));
    ui.result(&shown(&root));
    Ok(Exit::Done)
}

fn show(ui: &mut Ui, context: &Context, args: &ShowArgs) -> Result<Exit, CommandError> {
    let root = Root::look(context.dir()?)?;
    if let Some(path) = &args.out {
        Output::prepare(path, &HANDED_OUT)?.finish(&root.file)?;
    }
    let until = moment::day(ui.text(), moment::date_of(root.until));
    ui.line(&msg!("authority-root-shown", name = &root.name, organisation = &root.organisation, until = until));
    ui.line(&msg!("authority-root-pin", pin = grouped(&root.id.to_string())));
    if root.signed.is_empty() {
        ui.line(&msg!("authority-root-unused"));
    } else {
        let text = ui.text();
        let headings = [
            msg!("authority-root-column-number"),
            msg!("authority-audit-column-time"),
            msg!("authority-root-column-bundle"),
        ];
        let mut table = Table::new(headings.iter().map(|heading| text.show(heading)).collect());
        for signed in &root.signed {
            let bundle = signed.bundle.to_string();
            table.row([signed.number.to_string(), moment::friendly(text, signed.time), bundle[..16].to_owned()]);
        }
        ui.table(&table);
    }
    ui.result(&shown(&root));
    Ok(Exit::Done)
}

fn shown(root: &RootShown) -> serde_json::Value {
    serde_json::json!({
        "organisation": root.organisation,
        "name": root.name,
        "root_sha256": root.id.to_string(),
        "until": moment::rfc3339(root.until),
        "signed": root.signed,
    })
}

fn sign(ui: &mut Ui, context: &Context, args: &SignArgs) -> Result<Exit, CommandError> {
    let dir = context.dir()?;
    let file = fs::read(&args.request).map_err(CommandError::reading(&args.request))?;
    let request = RootRequest::from_pem(&file)?;
    let review = Root::review(dir, &request)?;
    let out = Output::prepare(&args.out, &[TRUST_BUNDLE])?;
    told(ui, &review);
    if !args.yes && ui.confirm(&msg!("authority-root-question"))? != Some(true) {
        ui.line(&msg!("authority-root-not-signed"));
        return Ok(Exit::Refused);
    }
    let passphrase = context.passphrase.existing(ui, &msg!("ask-authority-root-passphrase"))?;
    let mut root = Root::open(dir, &Passphrase::new(passphrase))?;
    out.finish(&root.sign(&request, Clock::system().now(), &mut rand::rng())?)?;
    ui.line(&msg!("authority-root-signed", path = &args.out, number = whole(review.number)));
    ui.result(&review);
    Ok(Exit::Done)
}

/// What a request would change, before it is signed.
fn told(ui: &mut Ui, review: &Review) {
    let mut lines = vec![msg!("authority-root-review", organisation = &review.organisation)];
    lines.push(msg!("authority-root-fingerprint", pin = grouped(&review.fingerprint.to_string())));
    lines.push(match review.base {
        0 => msg!("authority-root-founds"),
        base => msg!("authority-root-number", old = whole(base), new = whole(review.number)),
    });
    if review.behind {
        lines.push(msg!("authority-root-behind"));
    }
    lines.extend(
        review
            .certified
            .iter()
            .map(|(name, key)| msg!("authority-root-certifies", name = name, key = key[..16].to_owned())),
    );
    lines.extend(review.revoked.iter().map(|name| msg!("authority-root-revokes", name = name)));
    lines.extend(review.left_out.iter().map(|name| msg!("authority-root-leaves-out", name = name)));
    lines
        .extend(review.new_roots.iter().map(|(name, pin)| msg!("authority-root-new", name = name, pin = grouped(pin))));
    lines.extend(review.retired_roots.iter().map(|name| msg!("authority-root-retires", name = name)));
    if review.policy {
        lines.push(msg!("authority-root-policy"));
    }
    if let Some(addresses) = &review.bootstrap {
        lines.push(msg!("authority-root-bootstrap", addresses = addresses.join(", ")));
    }
    if let Some(from) = review.enforce_from {
        lines.push(msg!("authority-root-enforce", day = moment::date_of(from).to_string()));
    }
    for line in lines {
        ui.line(&line);
    }
}

fn request(ui: &mut Ui, context: &Context, args: &RequestArgs) -> Result<Exit, CommandError> {
    let out = Output::prepare(&args.out, &[REQUEST])?;
    let new = args.new.as_ref().map(|path| fs::read(path).map_err(CommandError::reading(path))).transpose()?;
    let replace = args.retire.zip(new);
    let asked = RootAsked { replace, revoke: args.revoke.clone(), issuing: args.issuing };
    let done = super::perform(ui, context, Some(&args.acting), Act::RootRequest(asked))?;
    let Done::RootRequest { file, fingerprint } = done else { return Err(super::unexpected()) };
    out.finish(&file)?;
    carried(ui, &args.out, &fingerprint.to_string());
    Ok(Exit::Done)
}

/// Says what to do with a request.
pub(super) fn carried(ui: &mut Ui, path: &std::path::Path, fingerprint: &str) {
    ui.line(&msg!("authority-root-requested", path = path));
    ui.line(&msg!("authority-root-fingerprint", pin = grouped(fingerprint)));
    ui.line(&msg!("authority-root-requested-next"));
    ui.result(&serde_json::json!({"out": path, "request_sha256": fingerprint}));
}

fn accept(ui: &mut Ui, context: &Context, args: &AcceptArgs) -> Result<Exit, CommandError> {
    let file = fs::read(&args.file).map_err(CommandError::reading(&args.file))?;
    // Where nothing is founded yet nothing serves, and there is no audit log to stand in.
    let serves = !matches!(Client::find(&context.home()?, ui.text().lang()), Err(client::Error::NoNode));
    if !serves && Authority::is_begun(context.dir()?)? {
        let (dir, admin) = (context.dir()?, args.acting.name()?);
        let passphrase = context.passphrase.existing(ui, &msg!("ask-authority-passphrase"))?;
        let (passphrase, now) = (Passphrase::new(passphrase), Clock::system().now());
        let (mut authority, founded) = Authority::complete(dir, &passphrase, &file, now)?;
        authority.first_admin(dir, &admin, &passphrase, now)?;
        self::founded(ui, context, authority.name(), &founded)?;
        ui.line(&msg!("authority-admin-first", name = &admin));
        return Ok(Exit::Done);
    }
    let act = Act::RootAccept { file };
    let Done::RootTasks(tasks) = super::perform(ui, context, Some(&args.acting), act)? else {
        return Err(super::unexpected());
    };
    ui.line(&msg!("authority-root-accepted", number = whole(tasks.bundle)));
    waiting(ui, &tasks);
    ui.result(&tasks);
    Ok(Exit::Done)
}

/// Says that there is an authority now, and what offices compare.
pub(super) fn founded(ui: &mut Ui, context: &Context, name: &str, founded: &Founded) -> Result<Exit, CommandError> {
    ui.line(&msg!("authority-founded", name = name, dir = context.dir()?));
    ui.line(&msg!("authority-pin", pin = grouped(&founded.root_pin.to_string())));
    ui.line(&msg!("authority-founded-next"));
    ui.result(&serde_json::json!({
        "name": name,
        "root_sha256": founded.root_pin.to_string(),
        "network_id": founded.network.to_string(),
        "network": founded.short_network,
    }));
    Ok(Exit::Done)
}

fn status(ui: &mut Ui, context: &Context) -> Result<Exit, CommandError> {
    let Done::RootTasks(tasks) = super::perform(ui, context, None, Act::RootTasks)? else {
        return Err(super::unexpected());
    };
    if tasks.here {
        ui.line(&msg!("authority-root-here"));
    } else {
        let until = moment::day(ui.text(), moment::date_of(tasks.crl_until));
        ui.line(&msg!("authority-root-elsewhere", number = whole(tasks.bundle), until = until));
        if tasks.waiting.is_empty() {
            ui.line(&msg!("authority-root-nothing-waits"));
        }
        waiting(ui, &tasks);
    }
    ui.result(&tasks);
    Ok(Exit::Done)
}

/// Whether what was just set waits for a root and is in force only then; says so.
pub(super) fn waits_for(ui: &mut Ui, context: &Context, what: &str) -> Result<bool, CommandError> {
    let Done::RootTasks(tasks) = super::perform(ui, context, None, Act::RootTasks)? else {
        return Err(super::unexpected());
    };
    let waits = tasks.waiting.iter().any(|waiting| waiting == what);
    if waits {
        waiting(ui, &tasks);
    }
    Ok(waits)
}

/// Says what waits for a root.
pub(super) fn waiting(ui: &mut Ui, tasks: &RootTasks) {
    for what in &tasks.waiting {
        ui.line(&msg!("authority-root-waits", what = what));
    }
    if !tasks.waiting.is_empty() {
        ui.line(&msg!("authority-root-waits-next"));
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
