//! The `musubi` command.

fn main() -> std::process::ExitCode {
    musubi_cli::main()
}
