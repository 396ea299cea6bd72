//! Servers that say what a test tells them to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Ends when it is dropped.
pub struct StandIn {
    pub address: SocketAddr,
    /// What it was told, one entry a connection.
    pub heard: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl StandIn {
    /// Takes one connection after another and hands each to `serve`.
    pub async fn serve<F, Served>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> Served + Send + 'static,
        Served: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                serve(stream).await;
            }
        };
        Self { address, heard: Arc::default(), task: tokio::spawn(serving).abort_handle() }
    }

    /// Answers each message with the next of `answers`; the first goes out before anything was heard if `first`.
    pub async fn talk(first: bool, answers: &[&[u8]]) -> Self {
        let answers: Vec<Vec<u8>> = answers.iter().map(|answer| answer.to_vec()).collect();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&heard);
        let mut stand_in =
            Self::serve(move |stream| conversation(stream, first, answers.clone(), Arc::clone(&told))).await;
        stand_in.heard = heard;
        stand_in
    }

    /// Answers a request of HTTP with this, by its path.
    pub async fn http(answer: impl Fn(&str) -> String + Clone + Send + 'static) -> Self {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&heard);
        let mut stand_in = Self::serve(move |stream| {
            let (answer, told) = (answer.clone(), Arc::clone(&told));
            async move { answer_http(stream, answer, told).await }
        })
        .await;
        stand_in.heard = heard;
        stand_in
    }

    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

pub async fn answer_http(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: impl Fn(&str) -> String,
    heard: Arc<Mutex<Vec<String>>>,
) {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 1024];
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => request.extend_from_slice(&piece[..count]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    heard.lock().unwrap().push(request);
    let _ = stream.write_all(answer(&path).as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn conversation(mut stream: TcpStream, first: bool, answers: Vec<Vec<u8>>, heard: Arc<Mutex<Vec<String>>>) {
    for (number, answer) in answers.iter().enumerate() {
        if number > 0 || !first {
            let mut piece = vec![0; 4096];
            match stream.read(&mut piece).await {
                Ok(count) if count > 0 => {
                    heard.lock().unwrap().push(String::from_utf8_lossy(&piece[..count]).into_owned());
                }
                _ => return,
            }
        }
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
    // What comes after the last answer is heard too, so that a farewell is not cut off.
    let mut rest = vec![0; 4096];
    while let Ok(count) = stream.read(&mut rest).await {
        if count == 0 {
            return;
        }
        heard.lock().unwrap().push(String::from_utf8_lossy(&rest[..count]).into_owned());
    }
}
