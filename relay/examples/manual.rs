//! Writes the manual page and the shell completions, from the definition of the command line: `manual DIRECTORY`.
#![allow(missing_docs)]

use std::path::PathBuf;
use std::{env, fs, io};

use clap::CommandFactory as _;
use clap_complete::Shell;

fn main() -> io::Result<()> {
    let directory = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    fs::create_dir_all(&directory)?;
    let command = seamark_relay::cli::Cli::command().display_name("seamark-relay");
    clap_mangen::generate_to(command.clone(), &directory)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command.clone(), "seamark-relay", &directory)?;
    }
    Ok(())
}
