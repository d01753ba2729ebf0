//! `musubi run`: the node, until it is stopped.

use crate::args::values;

/// Where the node listens and whom it dials; the settings file holds the rest.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Addresses to listen at, instead of those in the settings.
    #[arg(long, value_name = "MULTIADDR", value_parser = values::listen)]
    pub listen: Vec<String>,
    /// Partners' nodes, instead of those in the settings.
    #[arg(long, value_name = "MULTIADDR", value_parser = values::peer)]
    pub peer: Vec<String>,
    /// The local API.
    #[arg(long, value_name = "SOCKET", value_parser = values::api)]
    pub api: Option<String>,
}

impl Args {
    /// The command line's layer of the settings; `-v` sets the log.
    #[must_use]
    pub fn overrides(&self, verbose: u8) -> musubi_config::Overrides {
        musubi_config::Overrides {
            listen: self.listen.clone(),
            peers: self.peer.clone(),
            api: self.api.clone(),
            log: crate::logging::filter(verbose).map(ToOwned::to_owned),
        }
    }
}
