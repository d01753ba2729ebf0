//! From a letter to a certificate, over the network: an authority that serves, and offices that join.

use std::sync::Arc;

use musubi_network::{
    Keypair,
    enrol::{Asked, EnrolLimits, listen},
};
use musubi_node::{
    Clock,
    authority::{Authority, Chosen, Doors, Period, Service},
    enrol::{self, Application, EnrolError, Outcome, apply},
    home::Home,
    keys::Mode,
    office::{self, Init},
};
use musubi_protocol::{
    certificate::material::{self, Material},
    enrol::{Answer, Greeting, Impostor, Question, Refusal, greet},
    ids::{Kind, OfficeNumber},
    invitation::{Invitation, Place, ShortPin},
    time::Timestamp,
    trust::testing::TestAuthority,
};
use musubi_store::keyfile::{Cost, Passphrase};
use tempfile::TempDir;
use zeroize::Zeroizing;

const OFFICE: &str = "1379900028";

/// An authority that serves on loopback.
struct World {
    _dir: TempDir,
    service: Arc<Service>,
    place: Place,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cheap = Cost { memory_kib: 8, passes: 1, lanes: 1 };
        let passphrase = Passphrase::new("right".to_owned()).with_cost(cheap);
        let now = Timestamp::now();
        let (authority, _) = Authority::init(dir.path(), "見本中央機関", &passphrase, now, &mut rand::rng()).unwrap();
        let doors = Doors { strangers: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()], ..Doors::default() };
        let service = Service::start(authority, doors, EnrolLimits::default(), Clock::system()).await.unwrap();
        let port = service.listen()[0].to_string().rsplit('/').next().unwrap().to_owned();
        let place = format!("127.0.0.1:{port}").parse().unwrap();
        Self { _dir: dir, service: Arc::new(service), place }
    }

    async fn with<T: Send + 'static>(&self, act: impl FnOnce(&mut Authority) -> T + Send + 'static) -> T {
        let service = Arc::clone(&self.service);
        tokio::task::spawn_blocking(move || service.with(act)).await.unwrap()
    }

    async fn letter(&self, office: &str) -> Invitation {
        let (office, place) = (office.parse::<OfficeNumber>().unwrap(), self.place.clone());
        let letters = self
            .with(move |authority| {
                authority.codes(&[office], Some(&place), Timestamp::now(), &mut rand::rng()).unwrap()
            })
            .await;
        Invitation::parse(&letters[0].invitation).unwrap()
    }
}

/// An office that has been set up and has no certificate.
struct Office {
    _dir: TempDir,
    home: Home,
    request: String,
}

impl Office {
    fn new(office: &str, kinds: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path().join("office"));
        let unlock = musubi_node::keys::Unlock::Passphrase(Zeroizing::new("correct horse battery".to_owned()));
        let kinds: Vec<Kind> = kinds.iter().map(|kind| kind.parse().unwrap()).collect();
        let what = Init {
            office: office.parse().unwrap(),
            kinds,
            name: "みほん通所".to_owned(),
            mode: Mode::Attended,
            unlock: unlock.clone(),
            machine_key: None,
        };
        office::init(&home, what).unwrap();
        let (_, request) = office::request(&home, &unlock, None).unwrap();
        Self { _dir: dir, home, request }
    }

    fn application(&self, invitation: &Invitation) -> Application {
        Application { request: self.request.clone(), invitation: invitation.clone(), place: None, replaces: None }
    }
}

fn refusal(outcome: Result<Outcome, EnrolError>) -> Refusal {
    match outcome {
        Err(EnrolError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_becomes_a_certificate() {
    let world = World::new().await;
    let (office, invitation) = (Office::new(OFFICE, &["15", "21"]), world.letter(OFFICE).await);
    let application = office.application(&invitation);
    let Outcome::Granted { file, pin } = apply(&application).await.unwrap() else { panic!() };
    assert!(invitation.pin.matches(&pin));
    let installed = office::install(&office.home, &[file.clone().into_bytes()], Some(pin)).unwrap();
    assert!(enrol::has_certificate(&installed), "{installed:?}");
    assert!(office::desks(&office.home).unwrap()[0].1);
    // The cable was pulled before the answer came: the same again gives the same certificate.
    let Outcome::Granted { file: again, .. } = apply(&application).await.unwrap() else { panic!() };
    let leaf = |file: &str| material::read(file.as_bytes()).unwrap()[0].bytes().to_vec();
    assert_eq!(leaf(&file), leaf(&again));
    assert_eq!(world.with(|authority| authority.log_size()).await, 1);
    // Another PC with the same letter.
    let other = Office::new(OFFICE, &["43"]);
    assert_eq!(refusal(apply(&other.application(&invitation)).await), Refusal::CodeUsed);
    // Another office with it.
    let other = Office::new("1379900010", &["11"]);
    assert_eq!(refusal(apply(&other.application(&invitation)).await), Refusal::Code);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_is_refused_and_guessing_is_locked() {
    let world = World::new().await;
    let (office, good) = (Office::new(OFFICE, &["15"]), world.letter(OFFICE).await);
    // Ten zero bytes are no code.
    for n in 1..=5 {
        let wrong = musubi_protocol::invitation::Code::from_bytes(&[n; 10]).unwrap();
        let invitation = Invitation { code: wrong, ..good.clone() };
        assert_eq!(refusal(apply(&office.application(&invitation)).await), Refusal::Code);
    }
    let wrong = musubi_protocol::invitation::Code::from_bytes(&[9; 10]).unwrap();
    let invitation = Invitation { code: wrong, ..good.clone() };
    assert_eq!(refusal(apply(&office.application(&invitation)).await), Refusal::Locked);
    // People at the authority see the tries; and the right code counts all the same.
    let tried = world
        .with(|authority| (authority.audit().unwrap().len(), authority.applications(Chosen::All).unwrap().len()))
        .await;
    assert_eq!(tried, (6, 0));
    assert!(matches!(apply(&office.application(&good)).await, Ok(Outcome::Granted { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_decides_while_the_office_waits() {
    let world = World::new().await;
    let office = Office::new(OFFICE, &["15"]);
    // The office asks without a code by way of the service itself, as a form on paper would be entered.
    let der = match material::read(office.request.as_bytes()).unwrap().remove(0) {
        Material::Request(request) => request.der().to_vec(),
        other => panic!("{}", other.label()),
    };
    let id = world
        .with(move |authority| {
            authority.apply(&der, None, None, Timestamp::now(), &mut rand::rng()).unwrap();
            authority.applications(Chosen::Waiting).unwrap()[0].id.clone()
        })
        .await;
    world
        .with(move |authority| authority.approve(&id, Period::default(), Timestamp::now(), &mut rand::rng()).unwrap())
        .await;
    // Whatever code comes now, the decision stands.
    let invitation = world.letter(OFFICE).await;
    assert!(matches!(apply(&office.application(&invitation)).await, Ok(Outcome::Granted { .. })));
}

/// Whoever stands in between, or in place of the authority, gets to see a nonce and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_false_authority_gets_no_code() {
    let world = World::new().await;
    let (office, invitation) = (Office::new(OFFICE, &["15"]), world.letter(OFFICE).await);
    let bundle = world.with(|authority| authority.bundle_bytes().to_vec()).await;
    let now = Timestamp::now();
    let foreign = TestAuthority::new(7, now);
    // Its own bundle; the right bundle with a greeting of its own key.
    let mut other = TestAuthority::new(8, now);
    let own = other.bundle();
    let own = other.sign(own);
    for (shown, wanted) in [(own, Impostor::Root), (bundle, Impostor::Greeting)] {
        let mut false_one =
            listen(Keypair::generate_ed25519(), vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()], EnrolLimits::default())
                .await
                .unwrap();
        let port = false_one.listen[0].to_string().rsplit('/').next().unwrap().to_owned();
        let place: Place = format!("127.0.0.1:{port}").parse().unwrap();
        let key = foreign.issuing.key().clone();
        let heard = tokio::spawn(async move {
            let mut heard = Vec::new();
            while let Some(Asked { peer, question, answer, .. }) = false_one.questions.recv().await {
                let question = Question::decode(&question).unwrap();
                if let Question::Greet { nonce } = question {
                    let greeting = greet(Greeting::new(nonce, &false_one.peer, &peer, now), &key).unwrap();
                    let _ = answer.send(Answer::Greeting { bundle: shown.clone(), greeting }.encode().unwrap());
                }
                heard.push(question);
                if heard.len() == 2 {
                    break;
                }
            }
            heard
        });
        let led_astray = Invitation { place: Some(place), ..invitation.clone() };
        match apply(&office.application(&led_astray)).await {
            Err(EnrolError::Impostor(impostor)) => assert_eq!(impostor, wanted),
            other => panic!("{other:?}"),
        }
        // The connection is gone; nothing more will come.
        heard.abort();
        if let Ok(heard) = heard.await {
            panic!("more than a greeting was asked: {heard:?}");
        }
    }
    // A letter with another pin does not trust the true authority either.
    let misprinted = Invitation { pin: ShortPin::of(&musubi_protocol::ids::Hash([1; 32])), ..invitation };
    let outcome = apply(&office.application(&misprinted)).await;
    assert!(matches!(outcome, Err(EnrolError::Impostor(Impostor::Root))), "{outcome:?}");
    assert_eq!(world.with(|authority| authority.log_size()).await, 0);
}

/// Everybody may have lists, bundle and leaves; nobody gets more than a minute's share.
#[tokio::test(flavor = "multi_thread")]
async fn lists_and_leaves_are_for_all() {
    let world = World::new().await;
    let (office, invitation) = (Office::new(OFFICE, &["15"]), world.letter(OFFICE).await);
    apply(&office.application(&invitation)).await.unwrap();
    let address = world.service.listen()[0].clone();
    let mut asker = musubi_network::enrol::Asker::reach(&Keypair::generate_ed25519(), address, EnrolLimits::default())
        .await
        .unwrap();
    let mut ask = async |question: Question| {
        Answer::decode(&asker.ask(question.encode().unwrap().to_vec()).await.unwrap()).unwrap()
    };
    let Answer::Crls { crls, deltas } = ask(Question::Crls { held: vec![] }).await else { panic!() };
    assert_eq!((crls.len(), deltas.len()), (2, 0));
    assert!(matches!(ask(Question::Bundle { number: 0 }).await, Answer::Bundle(Some(_))));
    assert_eq!(ask(Question::Bundle { number: 1 }).await, Answer::Bundle(None));
    let Answer::Leaves { first: 0, leaves, .. } = ask(Question::Leaves { size: 0 }).await else { panic!() };
    assert_eq!(leaves.len(), 64);
    let Answer::Leaves { first: 9, leaves, .. } = ask(Question::Leaves { size: 9 }).await else { panic!() };
    assert!(leaves.is_empty());
    let mut busy = false;
    for _ in 0..700 {
        busy = matches!(ask(Question::Bundle { number: 1 }).await, Answer::Busy { .. });
        if busy {
            break;
        }
    }
    assert!(busy);
}
