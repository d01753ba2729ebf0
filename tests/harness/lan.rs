//! Nodes in network namespaces of their own on one bridge, between which packets can be dropped. Needs root, and ip
//! and nft.

use std::{fs::File, os::fd::AsFd, path::Path};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::{
    PREFIX,
    system::{must, run, run_with},
};

/// Tools that this module needs.
pub const TOOLS: [&str; 2] = ["ip", "nft"];

/// A bridge with places on it. Dropped, all of it is gone; processes in it lose their network.
pub struct Lan {
    name: String,
    places: usize,
}

impl Lan {
    /// Makes a bridge in a namespace of its own, with so many places. `name` tells several of one process apart.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new(name: &str, places: usize) -> Self {
        let lan = Self { name: format!("{PREFIX}{}-{name}", std::process::id()), places };
        let hub = lan.hub();
        must("ip", ["netns", "add", &hub]);
        lan.inside(&hub, &["link", "add", "name", "sw0", "type", "bridge"]);
        lan.inside(&hub, &["link", "set", "sw0", "up"]);
        for place in 0..places {
            let (there, port) = (lan.namespace(place), format!("p{place}"));
            must("ip", ["netns", "add", &there]);
            lan.inside(&hub, &["link", "add", "name", &port, "type", "veth", "peer", "name", "eth0", "netns", &there]);
            lan.inside(&hub, &["link", "set", &port, "master", "sw0", "up"]);
            lan.inside(&there, &["address", "add", &format!("{}/24", Self::address(place)), "dev", "eth0"]);
            lan.inside(&there, &["link", "set", "eth0", "up"]);
            lan.inside(&there, &["link", "set", "lo", "up"]);
        }
        lan
    }

    /// The namespace of a place.
    #[must_use]
    pub fn namespace(&self, place: usize) -> String {
        format!("{}-{place}", self.name)
    }

    /// The address of a place.
    #[must_use]
    pub fn address(place: usize) -> String {
        format!("10.77.0.{}", place + 1)
    }

    /// Drops all packets between these pairs of places and no others.
    ///
    /// # Panics
    /// If the rules are not taken.
    pub fn part(&self, pairs: &[(usize, usize)]) {
        let both = pairs.iter().flat_map(|(one, other)| [(one, other), (other, one)]);
        let rules: String = both.map(|(from, to)| format!("  iifname \"p{from}\" oifname \"p{to}\" drop\n")).collect();
        let script = format!(
            "table bridge parted\ndelete table bridge parted\ntable bridge parted {{\n chain forward {{\n  \
             type filter hook forward priority 0; policy accept;\n{rules} }}\n}}\n"
        );
        let hub = self.hub();
        run_with("ip", ["netns", "exec", &hub, "nft", "-f", "-"], &script).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Lets everything through.
    ///
    /// # Panics
    /// If the rules are not taken.
    pub fn heal(&self) {
        self.part(&[]);
    }

    fn hub(&self) -> String {
        format!("{}-hub", self.name)
    }

    fn inside(&self, namespace: &str, args: &[&str]) {
        must("ip", [&["-n", namespace], args].concat());
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        let places = (0..self.places).map(|place| self.namespace(place));
        for name in places.chain([self.hub()]) {
            // One that was not made any more is not there.
            if let Err(error) = run("ip", ["netns", "delete", &name]) {
                eprintln!("{error}");
            }
        }
    }
}

/// Moves the calling thread into a namespace, for good.
///
/// # Panics
/// If there is none of this name.
pub fn enter(name: &str) {
    let namespace = File::open(Path::new("/run/netns").join(name)).expect("a namespace");
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).expect("root may enter it");
}
