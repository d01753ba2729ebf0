//! `musubi proof verify`: what a proof shows, as of the newest trust data given.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use musubi_node::Clock;
use musubi_protocol::{
    certificate::material::{self, MAX_FILE, Material},
    crl::Freshness,
    ids::Hash,
    policy::Standing,
    proof::{ENOUGH_PARTNERS, Fact, MAX, Months, PREFIX, Proof, ProofError, Shown},
    trust::Trust,
};
use serde_json::json;

use crate::{
    args::values,
    error::{CommandError, Exit, problem::grouped},
    moment, msg,
    ui::Ui,
};

/// The longest proof as text, with a line break behind every character.
const LONGEST: u64 = 4 * MAX as u64;

/// What is judged, and by what.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The proof: a file, the text of its QR code, or `-` for what comes in.
    #[arg(value_name = "PROOF")]
    pub proof: String,
    /// Trust bundle and revocation lists of the authority.
    #[arg(long, value_name = "FILE", required = true)]
    pub trust: Vec<PathBuf>,
    /// The authority's fingerprint.
    #[arg(long, value_name = "HEX", value_parser = values::sha256)]
    pub root_sha256: Option<Hash>,
}

/// Judges the proof. Neither a node nor a network is needed.
pub(crate) fn run(ui: &mut Ui, args: &Args) -> Result<Exit, CommandError> {
    let trust = trust(args)?;
    let bytes = match args.proof.as_str() {
        "-" => read(io::stdin(), LONGEST).map_err(CommandError::reading(Path::new("-")))?,
        text if text.get(..PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(PREFIX)) => {
            text.as_bytes().to_vec()
        }
        path => {
            let path = Path::new(path);
            File::open(path).and_then(|file| read(file, LONGEST)).map_err(CommandError::reading(path))?
        }
    };
    let now = Clock::system().now();
    let shown = Proof::read(&bytes).and_then(|proof| proof.verify(&trust, now)).map_err(refused)?;
    tell(ui, &shown);
    ui.line(&msg!("proof-authority", pin = grouped(&trust.root_pin().to_string())));
    let mut value = value(&shown);
    value["root_sha256"] = trust.root_pin().to_string().into();
    ui.result(&value);
    Ok(Exit::Done)
}

fn read(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts trust together from the files, whatever their order.
fn trust(args: &Args) -> Result<Trust, CommandError> {
    let mut items = Vec::new();
    for path in &args.trust {
        let bytes =
            File::open(path).and_then(|file| read(file, MAX_FILE as u64)).map_err(CommandError::reading(path))?;
        let found = material::read(&bytes);
        items
            .extend(found.map_err(|error| CommandError::failed(msg!("err-proof-trust", path = path)).because(&error))?);
    }
    let mut bundles: Vec<&[u8]> = Vec::new();
    let mut crls = Vec::new();
    for item in &items {
        match item {
            Material::TrustBundle(bytes) => bundles.push(bytes),
            Material::Crl(crl) => crls.push(crl.der()),
            _ => {}
        }
    }
    let bad = |error| CommandError::failed(msg!("err-proof-bundle")).because(&error);
    let Some((first, later)) = bundles.split_first() else {
        return Err(CommandError::failed(msg!("err-proof-no-bundle")));
    };
    let mut trust = Trust::first(first, args.root_sha256.as_ref()).map_err(bad)?;
    for bundle in later {
        let _ = trust.accept_bundle(bundle).map_err(bad)?;
    }
    for crl in crls {
        // A list of another authority changes nothing; what is missing is told by the verdict.
        let _ = trust.accept_crl(crl);
    }
    Ok(trust)
}

/// The verdict, for somebody who has to decide by it.
fn refused(error: ProofError) -> CommandError {
    let day = |time| moment::date_of(time).to_string();
    let failed = CommandError::failed(match &error {
        ProofError::Malformed => msg!("err-proof-malformed"),
        ProofError::UnknownIssuer => msg!("err-proof-unknown-issuer"),
        ProofError::Forged => msg!("err-proof-forged"),
        ProofError::Mixed => msg!("err-proof-mixed"),
        ProofError::Ended { until } => msg!("err-proof-ended", day = day(*until)),
        ProofError::NotYet { from } => msg!("err-proof-not-yet", day = day(*from)),
        ProofError::Ahead { time } => msg!("err-proof-ahead", day = day(*time)),
        ProofError::Revoked(entry) => msg!("err-proof-revoked", day = day(entry.at), reason = entry.reason.as_str()),
        ProofError::Issuer => msg!("err-proof-issuer"),
        ProofError::OldData => msg!("err-proof-old-data"),
        _ => msg!("err-proof-certificate"),
    });
    if matches!(error, ProofError::Certificate(_)) { failed.because(&error) } else { failed }
}

fn tell(ui: &mut Ui, shown: &Shown) {
    let text = ui.text();
    let day = |time| moment::day(text, moment::date_of(time));
    let as_of = moment::friendly(text, shown.as_of);
    let mut lines = Vec::new();
    match &shown.fact {
        Fact::Member { membership, standing } => {
            lines.push(msg!(
                "proof-member",
                office = membership.office,
                name = &membership.name,
                joined = day(membership.joined),
                until = day(membership.until)
            ));
            if *standing == Standing::Grace {
                lines.push(msg!("proof-member-grace"));
            }
        }
        Fact::User { name, statement, partners } => {
            let months: Vec<String> = statement
                .months
                .iter()
                .map(|month| text.show(&msg!("proof-month", month = i64::from(month))))
                .collect();
            lines.push(msg!(
                "proof-use",
                office = statement.office,
                name = name,
                year = statement.fiscal_year.to_string(),
                partners = i64::from(statement.partners),
                months = months.join(" ")
            ));
            if (statement.partners as usize) < ENOUGH_PARTNERS {
                lines.push(msg!("proof-use-few", enough = ENOUGH_PARTNERS as i64));
            }
            match partners {
                Some(partners) => {
                    let names: Vec<String> = partners.iter().map(ToString::to_string).collect();
                    lines.push(msg!("proof-use-partners", partners = names.join(" ")));
                }
                None => lines.push(msg!("proof-use-short")),
            }
        }
    }
    lines.push(msg!("proof-as-of", time = as_of));
    if shown.freshness != Freshness::Fresh {
        lines.push(msg!("proof-aged"));
    }
    for line in &lines {
        ui.line(line);
    }
}

fn value(shown: &Shown) -> serde_json::Value {
    let freshness = match shown.freshness {
        Freshness::Fresh => "fresh",
        _ => "grace",
    };
    let mut value = match &shown.fact {
        Fact::Member { membership, standing } => json!({
            "proof": "membership",
            "office": membership.office,
            "name": membership.name,
            "joined": moment::rfc3339(membership.joined),
            "from": moment::rfc3339(membership.from),
            "until": moment::rfc3339(membership.until),
            "signed": moment::rfc3339(membership.time),
            "licence": if *standing == Standing::Grace { "grace" } else { "active" },
        }),
        Fact::User { name, statement, partners } => json!({
            "proof": "use",
            "office": statement.office,
            "name": name,
            "fiscal_year": statement.fiscal_year,
            "months": months(statement.months),
            "partners": statement.partners,
            "partner_offices": partners,
            "partners_verified": partners.is_some(),
            "signed": moment::rfc3339(statement.time),
        }),
    };
    value["revocation_data"] = freshness.into();
    value["as_of"] = moment::rfc3339(shown.as_of).into();
    value
}

fn months(months: Months) -> Vec<u8> {
    months.iter().collect()
}
