//! Real swarms on loopback, over TCP and QUIC, with a toy gatekeeper: what a certificate says is
//! judged elsewhere; here it is who gets in, who does not, and what streams do.

mod admission;
mod bounds;
mod enrol;
mod harness;
mod strangers;
mod streams;
