//! Enrolment: questions, answers and invitations of whoever is there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use musubi_protocol::{
    enrol::{Answer, Question},
    invitation::Invitation,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(question) = Question::decode(bytes) {
        assert_eq!(question.encode().expect("what was read can be written").as_slice(), bytes, "one encoding only");
    }
    if let Ok(answer) = Answer::decode(bytes) {
        let again = answer.encode().expect("what was read can be written");
        // An unknown reason is read as "some reason".
        assert!(again == bytes || bytes.first() == Some(&66), "one encoding only");
    }
    if let Ok(invitation) =
        std::str::from_utf8(bytes).map_err(drop).and_then(|text| Invitation::parse(text).map_err(drop))
    {
        assert_eq!(Invitation::parse(&invitation.to_text()), Ok(invitation));
    }
});
