//! `seamark-relay`: see the library's pages for what each part does.

use std::process::ExitCode;

fn main() -> ExitCode {
    seamark_relay::app::process::main(std::env::args_os())
}
