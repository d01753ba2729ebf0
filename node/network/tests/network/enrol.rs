//! The swarm for strangers: questions and answers, and what it does not put up with.

use std::time::Duration;

use libp2p::Multiaddr;
use musubi_network::{
    Keypair,
    enrol::{AskError, Asked, Asker, EnrolLimits, Enrolment, listen},
};
use tokio::{io::AsyncReadExt, net::TcpListener, net::TcpStream, task::JoinHandle};

const LOOPBACK: &str = "/ip4/127.0.0.1/tcp/0";

async fn server(limits: EnrolLimits) -> Enrolment {
    listen(Keypair::generate_ed25519(), vec![LOOPBACK.parse().unwrap()], limits).await.unwrap()
}

/// Answers each question with itself, turned around.
fn echo(mut enrolment: Enrolment) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(Asked { mut question, answer, address, .. }) = enrolment.questions.recv().await {
            assert!(address.unwrap().is_loopback());
            question.reverse();
            let _ = answer.send(question);
        }
    })
}

async fn reach(address: &Multiaddr, limits: EnrolLimits) -> Result<Asker, AskError> {
    Asker::reach(&Keypair::generate_ed25519(), address.clone(), limits).await
}

#[tokio::test]
async fn questions_are_answered_one_after_another_on_one_connection() {
    let enrolment = server(EnrolLimits::default()).await;
    let (peer, address) = (enrolment.peer, enrolment.listen[0].clone());
    let task = echo(enrolment);
    let mut asker = reach(&address, EnrolLimits::default()).await.unwrap();
    assert_eq!(asker.ends().0, peer);
    for question in [vec![1, 2, 3], vec![], vec![7; 8 * 1024]] {
        let mut wanted = question.clone();
        wanted.reverse();
        assert_eq!(asker.ask(question).await.unwrap(), wanted);
    }
    task.abort();
}

#[tokio::test]
async fn what_is_too_long_is_not_read() {
    let limits = EnrolLimits { question: 100, reply: 50, ..EnrolLimits::default() };
    let enrolment = server(limits.clone()).await;
    let address = enrolment.listen[0].clone();
    let task = echo(enrolment);
    let too_long = reach(&address, limits.clone()).await.unwrap().ask(vec![1; 101]).await;
    assert!(matches!(too_long, Err(AskError::NoAnswer(_))), "{too_long:?}");
    // Nor is an answer.
    let too_long = reach(&address, limits.clone()).await.unwrap().ask(vec![1; 51]).await;
    assert!(matches!(too_long, Err(AskError::NoAnswer(_))), "{too_long:?}");
    assert_eq!(reach(&address, limits).await.unwrap().ask(vec![1; 50]).await.unwrap(), vec![1; 50]);
    task.abort();
}

#[tokio::test]
async fn one_address_does_not_take_all_places() {
    let limits = EnrolLimits { connections_per_address: 3, ..EnrolLimits::default() };
    let enrolment = server(limits.clone()).await;
    let address = enrolment.listen[0].clone();
    let task = echo(enrolment);
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut asker = reach(&address, limits.clone()).await.unwrap();
        asker.ask(vec![1]).await.unwrap();
        held.push(asker);
    }
    let fourth = match reach(&address, limits.clone()).await {
        Ok(mut asker) => asker.ask(vec![1]).await.map(drop),
        Err(error) => Err(error),
    };
    assert!(fourth.is_err());
    // A place is free again when one has gone.
    drop(held.pop());
    loop {
        if let Ok(mut asker) = reach(&address, limits.clone()).await
            && asker.ask(vec![1]).await.is_ok()
        {
            break;
        }
    }
    task.abort();
}

#[tokio::test]
async fn an_unanswered_question_ends() {
    let limits = EnrolLimits { answer: Duration::from_millis(300), ..EnrolLimits::default() };
    let mut enrolment = server(limits.clone()).await;
    let address = enrolment.listen[0].clone();
    let mut asker = reach(&address, limits).await.unwrap();
    let (answer, asked) = tokio::join!(asker.ask(vec![1]), enrolment.questions.recv());
    assert!(asked.is_some());
    assert!(matches!(answer, Err(AskError::NoAnswer(_))), "{answer:?}");
}

#[tokio::test]
async fn what_is_no_authority_is_told_apart() {
    // Nobody there.
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let address: Multiaddr = format!("/ip4/127.0.0.1/tcp/{}", unused.port()).parse().unwrap();
    assert!(matches!(reach(&address, EnrolLimits::default()).await, Err(AskError::Dial(_))));
    // Somebody who says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: Multiaddr = format!("/ip4/127.0.0.1/tcp/{}", silent.local_addr().unwrap().port()).parse().unwrap();
    let limits = EnrolLimits { dial: Duration::from_millis(300), ..EnrolLimits::default() };
    assert!(matches!(reach(&address, limits).await, Err(AskError::Dial(_))));
    // An asker takes no question itself, and does not listen.
    let limits = EnrolLimits::default();
    assert!(listen(Keypair::generate_ed25519(), vec!["/ip4/192.0.2.1/tcp/1".parse().unwrap()], limits).await.is_err());
}

#[tokio::test]
async fn whoever_connects_and_says_nothing_is_cut() {
    let limits = EnrolLimits { dial: Duration::from_millis(300), ..EnrolLimits::default() };
    let enrolment = server(limits).await;
    let port = enrolment.listen[0].to_string().rsplit('/').next().unwrap().parse::<u16>().unwrap();
    let mut silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // Whatever the listener says of itself, then the end.
    let mut said = Vec::new();
    let _ = silent.read_to_end(&mut said).await;
    assert!(said.len() < 256, "{}", said.len());
}
