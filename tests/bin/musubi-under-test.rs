//! The `musubi` command with crash points.

fn main() -> std::process::ExitCode {
    musubi_cli::main()
}
