//! `seamark-exporter`: see the library's pages for what each part does.

use std::process::ExitCode;

fn main() -> ExitCode {
    seamark_exporter::app::main(std::env::args_os())
}
