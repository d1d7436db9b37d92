//! Server-sent events and WebSockets end when their session does, over real connections: after a
//! logout, at a deadline, not for somebody else's logout, and not when the session was renewed.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration as Patience;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cloakroom::web::{CommandError, Rejection, Session, SessionHandle, SessionLayer};
use cloakroom::{Ended, KeyRing, ManualClock, RevocationList, Sessions};
use futures_util::{FutureExt as _, SinkExt as _, Stream, StreamExt as _, stream};
use time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message as Sent};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// For what has to come. What must not come is shown by something else coming first.
const PATIENCE: Patience = Patience::from_secs(10);
const IDLE: u64 = 1_800;

type News = broadcast::Sender<&'static str>;

async fn events(
    handle: SessionHandle<()>,
    State(news): State<News>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Rejection> {
    let ended = handle.ended()?;
    let hello = stream::once(async { "hello" });
    let news = stream::unfold(news.subscribe(), |mut news| async {
        let next = news.recv().await.ok()?;
        Some((next, news))
    });
    let until_ended = hello.chain(news).take_until(ended);
    let bye = stream::once(async { "session ended" });
    let lines = until_ended
        .chain(bye)
        .map(|text| Ok(Event::default().data(text)));
    Ok(Sse::new(lines))
}

async fn socket(
    upgrade: WebSocketUpgrade,
    session: Session<()>,
    handle: SessionHandle<()>,
) -> Result<Response, Rejection> {
    let ended = handle.ended()?;
    let name = session.subject_str().unwrap().to_owned();
    Ok(upgrade.on_upgrade(|socket| echo(socket, ended, name)))
}

async fn echo(mut socket: WebSocket, mut ended: Ended, name: String) {
    loop {
        tokio::select! {
            why = &mut ended => {
                let reason = why.reason().as_str().into();
                let close = CloseFrame { code: 1008, reason };
                let _gone = socket.send(Message::Close(Some(close))).await;
                return;
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let echo = format!("{name}: {text}");
                    if socket.send(Message::Text(echo.into())).await.is_err() {
                        return;
                    }
                }
                Some(Ok(_)) => {}
                _ => return,
            }
        }
    }
}

async fn logout(handle: SessionHandle<()>) -> Result<(), CommandError> {
    handle.logout().await
}

async fn me(session: Session<()>) -> impl IntoResponse {
    session.subject_str().unwrap().to_owned()
}

struct Site {
    address: SocketAddr,
    clock: ManualClock,
    sessions: Sessions<()>,
    news: News,
}

impl Site {
    async fn open() -> Self {
        let clock = ManualClock::at(1_800_000_000);
        let ring = KeyRing::generate(&clock, Duration::hours(8)).unwrap();
        let sessions = Sessions::<()>::builder(ring, RevocationList::new())
            .purpose("session")
            .audience("")
            .idle_timeout(Duration::minutes(30))
            .absolute_timeout(Duration::hours(8))
            .clock(clock.clone())
            .build()
            .unwrap();
        let (news, _) = broadcast::channel(16);
        let router = Router::new()
            .route("/events", get(events))
            .route("/socket", get(socket))
            .route("/me", get(me))
            .route("/logout", post(logout))
            .layer(SessionLayer::new(sessions.clone()))
            .with_state(news.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            clock,
            sessions,
            news,
        }
    }

    fn login(&self, name: &str) -> String {
        self.sessions.issue(name, &()).unwrap().token.into_string()
    }

    async fn ask(&self, method: &str, path: &str, token: &str) -> Reading {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncookie: __Host-session={token}\r\n\
             connection: close\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Reading {
            stream,
            seen: String::new(),
        }
    }

    async fn socket(&self, token: &str, origin: Option<&str>) -> Result<Socket, Error> {
        let mut request = format!("ws://{}/socket", self.address).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("cookie", format!("__Host-session={token}").parse().unwrap());
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(socket)
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Reading {
    stream: TcpStream,
    seen: String,
}

impl Reading {
    async fn until(&mut self, text: &str) {
        let mut bytes = [0; 1024];
        while !self.seen.contains(text) {
            let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await;
            let read = read
                .unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.seen))
                .unwrap();
            assert!(read > 0, "closed before {text:?}: {:?}", self.seen);
            self.seen
                .push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
    }

    async fn into_text(mut self) -> String {
        let read = timeout(PATIENCE, self.stream.read_to_string(&mut self.seen)).await;
        read.expect("the connection stays open").unwrap();
        self.seen
    }
}

async fn say(socket: &mut Socket, text: &str) -> String {
    socket.send(Sent::text(text)).await.unwrap();
    match hear(socket).await {
        Sent::Text(text) => text.as_str().to_owned(),
        other => panic!("{other:?}"),
    }
}

async fn hear(socket: &mut Socket) -> Sent {
    let heard = timeout(PATIENCE, socket.next()).await;
    heard.expect("the socket is silent").unwrap().unwrap()
}

async fn close_reason(socket: &mut Socket) -> String {
    let closed = match hear(socket).await {
        Sent::Close(Some(frame)) => format!("{} {}", u16::from(frame.code), frame.reason.as_str()),
        other => panic!("{other:?}"),
    };
    let after = timeout(PATIENCE, socket.next())
        .await
        .expect("it stays open");
    assert!(after.is_none_or(|after| after.is_err()));
    closed
}

#[tokio::test]
async fn events_end_with_the_logout_of_their_session_and_no_other() {
    let site = Site::open().await;
    let (ada, grace) = (site.login("ada"), site.login("grace"));
    let mut of_ada = site.ask("GET", "/events", &ada).await;
    let mut of_grace = site.ask("GET", "/events", &grace).await;
    of_ada.until("data: hello").await;
    of_grace.until("data: hello").await;

    let out = site.ask("POST", "/logout", &ada).await.into_text().await;
    assert!(out.starts_with("HTTP/1.1 200"), "{out}");
    let all = of_ada.into_text().await;
    assert!(all.contains("data: session ended"), "{all}");
    site.news.send("still here").unwrap();
    of_grace.until("data: still here").await;
    assert!(!of_grace.seen.contains("session ended"));
}

#[tokio::test]
async fn events_end_at_the_idle_deadline_unless_the_session_was_renewed() {
    let site = Site::open().await;
    let ada = site.login("ada");
    let mut events = site.ask("GET", "/events", &ada).await;
    events.until("data: hello").await;

    site.clock.advance(IDLE / 2);
    let me = site.ask("GET", "/me", &ada).await.into_text().await;
    assert!(me.contains("set-cookie: __Host-session=clk1."), "{me}");
    // Past the deadline of the token that the connection was opened with.
    site.clock.advance(IDLE / 2);
    site.news.send("renewed").unwrap();
    events.until("data: renewed").await;
    assert!(!events.seen.contains("session ended"));

    site.clock.advance(IDLE);
    assert!(events.into_text().await.contains("data: session ended"));
}

#[tokio::test]
async fn events_need_a_session_in_the_first_place() {
    let site = Site::open().await;
    let answer = site
        .ask("GET", "/events", "clk1.AAAA")
        .await
        .into_text()
        .await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn a_socket_closes_with_the_logout_of_its_session_and_no_other() {
    let site = Site::open().await;
    let (ada, grace) = (site.login("ada"), site.login("grace"));
    let mut of_ada = site.socket(&ada, None).await.unwrap();
    let mut of_grace = site.socket(&grace, None).await.unwrap();
    assert_eq!(say(&mut of_ada, "hi").await, "ada: hi");

    site.sessions.revoke_subject("ada").unwrap();
    assert_eq!(close_reason(&mut of_ada).await, "1008 revoked");
    assert_eq!(say(&mut of_grace, "still").await, "grace: still");
}

#[tokio::test]
async fn a_socket_closes_when_its_key_is_disabled_and_when_its_time_is_over() {
    let site = Site::open().await;
    let mut socket = site.socket(&site.login("ada"), None).await.unwrap();
    assert_eq!(say(&mut socket, "hi").await, "ada: hi");
    site.clock.advance(IDLE);
    assert_eq!(close_reason(&mut socket).await, "1008 idle");

    let ada = site.login("ada");
    let key = site.sessions.verify(&ada).unwrap().info().key();
    let mut socket = site.socket(&ada, None).await.unwrap();
    assert_eq!(say(&mut socket, "hi").await, "ada: hi");
    let _receipt = site.sessions.disable_key(key).unwrap();
    assert_eq!(close_reason(&mut socket).await, "1008 revoked");
}

#[tokio::test]
async fn another_sites_page_opens_no_socket() {
    let site = Site::open().await;
    let ada = site.login("ada");
    let refused = site.socket(&ada, Some("https://evil.example")).await;
    match refused.unwrap_err() {
        Error::Http(response) => assert_eq!(response.status().as_u16(), 403),
        other => panic!("{other}"),
    }
    let own = format!("http://{}", site.address);
    let mut socket = site.socket(&ada, Some(&own)).await.unwrap();
    assert_eq!(say(&mut socket, "hi").await, "ada: hi");
}

#[tokio::test]
async fn a_connection_that_the_client_closed_takes_nothing_of_its_session_along() {
    let site = Site::open().await;
    let ada = site.login("ada");
    let mut socket = site.socket(&ada, None).await.unwrap();
    assert_eq!(say(&mut socket, "hi").await, "ada: hi");
    drop(socket);
    // The session goes on, and another connection with it.
    let mut socket = site.socket(&ada, None).await.unwrap();
    assert_eq!(say(&mut socket, "hi").await, "ada: hi");
    let ended = site.sessions.ended(&site.sessions.verify(&ada).unwrap());
    assert!(ended.now_or_never().is_none());
}
