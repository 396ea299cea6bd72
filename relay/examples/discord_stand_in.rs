//! A stand-in for Discord's webhooks as a process of its own, for stories that run the whole stack:
//! `discord_stand_in --listen 127.0.0.1:8080`, then `http://127.0.0.1:8080/api/webhooks/1/token` is a webhook.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "../tests/stand_in/discord.rs"]
mod discord;

#[derive(clap::Parser)]
struct Arguments {
    /// Where to listen. Port 0 takes a free one; the address is printed.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: std::net::SocketAddr,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let arguments = <Arguments as clap::Parser>::parse();
    let stand_in = discord::Discord::listen(arguments.listen, discord::Rates::default()).await?;
    println!("listening on {}", stand_in.address);
    std::future::pending().await
}
