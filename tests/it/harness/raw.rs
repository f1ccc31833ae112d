//! HTTP as bytes on a socket: for senders who dawdle, lie or say too much.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Opens a connection and sends these bytes.
pub(crate) async fn begin(address: SocketAddr, bytes: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    go_on(&mut connection, bytes).await;
    connection
}

/// Sends more; a peer that has had enough may be gone already.
pub(crate) async fn go_on(connection: &mut TcpStream, bytes: &str) {
    drop(connection.write_all(bytes.as_bytes()).await);
}

/// Everything that is answered until the other side closes.
pub(crate) async fn rest(mut connection: TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = async {
        let mut part = [0; 4096];
        // A reset after the answer is an end too.
        while let Ok(length @ 1..) = connection.read(&mut part).await {
            answer.extend_from_slice(&part[..length]);
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reading).await.expect("the other side neither answers nor closes");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends these bytes and gives the answer.
pub(crate) async fn ask(address: SocketAddr, bytes: &str) -> String {
    rest(begin(address, bytes).await).await
}
