//! The same layer under tonic: `cargo run --example grpc --features tower`.
//!
//! gRPC clients keep their token themselves and send it as `authorization: Bearer`. The program is
//! server and client in one; it logs in, calls a method, renews nothing, logs out, and is refused. Last it
//! shows what a client sees of the layer's own refusals, which are HTTP statuses without a status of gRPC:
//! clients read a 403 as PERMISSION_DENIED and a 421 as UNKNOWN.
//! Messages are plain text, so that the example needs neither protobuf nor generated code; with
//! generated services nothing changes but the place of the handlers.

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program, where std is at hand; the lints are for the library"
)]

mod service;
mod text;

use std::error::Error;

use cloakroom::web::SessionLayer;
use cloakroom::{KeyRing, RevocationList, Sessions, SystemClock};
use tokio::net::TcpListener;
use tonic::client::Grpc;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Status};

use crate::service::{Account, User};
use crate::text::Text;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ring = KeyRing::generate(&SystemClock, time::Duration::hours(8))?;
    let sessions = Sessions::<User>::builder(ring, RevocationList::new())
        .purpose("session")
        .audience("grpc.example.com")
        .idle_timeout(time::Duration::minutes(30))
        .absolute_timeout(time::Duration::hours(8))
        .build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let host = listener.local_addr()?.to_string();
    let server = Server::builder()
        .layer(SessionLayer::new(sessions).hosts([host.as_str()])?)
        .add_service(Account)
        .serve_with_incoming(TcpIncoming::from(listener));
    tokio::spawn(server);

    let channel = Channel::from_shared(address.clone())?.connect().await?;
    let mut client = Grpc::new(channel);
    println!(
        "who am I: {}",
        shown(call(&mut client, "WhoAmI", "", None).await)
    );
    let token = call(&mut client, "LogIn", "ada", None).await?;
    println!("logged in: {} characters", token.len());
    let who = call(&mut client, "WhoAmI", "", Some(&token)).await;
    println!("who am I: {}", shown(who));
    call(&mut client, "LogOut", "", Some(&token)).await?;
    let who = call(&mut client, "WhoAmI", "", Some(&token)).await;
    println!("after logout: {}", shown(who));

    // A browser that speaks gRPC-Web, on a page of somebody else.
    let mut forged = Request::new("ada".to_owned());
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        forged.metadata_mut().insert(name, value.parse()?);
    }
    let answer = send(&mut client, "LogIn", forged).await;
    println!("from another site: {}", shown(answer));
    let elsewhere = Channel::from_shared(address)?.origin("http://evil.example".parse()?);
    let mut elsewhere = Grpc::new(elsewhere.connect().await?);
    let answer = call(&mut elsewhere, "WhoAmI", "", None).await;
    println!("to another host: {}", shown(answer));
    Ok(())
}

async fn call(
    client: &mut Grpc<Channel>,
    method: &str,
    argument: &str,
    token: Option<&str>,
) -> Result<String, Status> {
    let mut request = Request::new(argument.to_owned());
    if let Some(token) = token {
        let bearer = format!("Bearer {token}").parse();
        let bearer = bearer.map_err(|_| Status::internal("not a token"))?;
        request.metadata_mut().insert("authorization", bearer);
    }
    send(client, method, request).await
}

async fn send(
    client: &mut Grpc<Channel>,
    method: &str,
    request: Request<String>,
) -> Result<String, Status> {
    let path = format!("/example.Account/{method}").parse();
    let path = path.map_err(|_| Status::internal("not a path"))?;
    client
        .ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    Ok(client.unary(request, path, Text).await?.into_inner())
}

fn shown(answer: Result<String, Status>) -> String {
    answer.unwrap_or_else(|status| match status.code() {
        Code::Unauthenticated => "UNAUTHENTICATED".to_owned(),
        Code::PermissionDenied => "PERMISSION_DENIED".to_owned(),
        Code::Unknown => "UNKNOWN".to_owned(),
        code => format!("{code:?}: {}", status.message()),
    })
}
