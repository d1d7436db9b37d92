//! The layer as a middleware of actix-web 4, and its extractors.

use alloc::collections::BTreeSet;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::Cell;
use core::fmt;
use core::future::{Future, Ready, ready};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::{Mutex, PoisonError};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload as Body, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, ResponseError, web};
use pin_project_lite::pin_project;

use crate::http::response::Refusal;
use crate::revocation::view::RevocationView;
use crate::session::sessions::Sessions;
use crate::web::backend::WebPayload;
use crate::web::error::{CommandError, Rejection};
use crate::web::exchange::{Change, Exchange};
use crate::web::handle::SessionHandle;
use crate::web::head::{Field, Head};
use crate::web::layer::SessionLayer;
use crate::web::session::{BearerSession, RecentLogin, Session};

const NO_LAYER: &str = "no SessionLayer for it is around this route: add \
                        `.wrap(SessionLayer::new(sessions))` to the app or scope";
const NO_SESSIONS: &str = "the app has no Sessions for it: add \
                           `.app_data(web::Data::new(sessions))`";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

impl<S, T, B> Transform<S, ServiceRequest> for SessionLayer<T>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    T: WebPayload,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = SessionMiddleware<S, T>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let layer = self.clone();
        ready(Ok(SessionMiddleware { inner, layer }))
    }
}

/// A service of actix-web behind a [`SessionLayer`].
pub struct SessionMiddleware<S, T: WebPayload> {
    inner: S,
    layer: SessionLayer<T>,
}

/// Where an extractor leaves word that the request must not go on.
///
/// actix-web's `Option<Session<T>>` takes every error of the extractor for `None`. A view that gives
/// no answer would then let the handler run as if nobody were logged in. So the extractor does not
/// fail: it leaves the reason here and never resolves, and the middleware, which sees that the
/// handler did not start, answers in its place.
#[derive(Default)]
struct Stop {
    /// Whether the middleware is polling the handler now, so that it will see what is left here. An
    /// extractor that is run elsewhere, in a task of its own, would wait for ever, and what it left
    /// would hold the request that holds it.
    watched: Cell<bool>,
    left: Cell<Option<(HttpRequest, Rejection)>>,
}

impl Stop {
    /// The answer of an extractor, or a stop in its place.
    fn judged<A>(&self, request: &HttpRequest, answer: Result<A, Rejection>) -> Extracting<A> {
        match answer {
            Err(rejection) if rejection.is_unavailability() && self.watched.get() => {
                self.left.set(Some((request.clone(), rejection)));
                Extracting(None)
            }
            answer => Extracting(Some(answer)),
        }
    }

    /// Runs what may run extractors.
    fn watching<A>(&self, run: impl FnOnce() -> A) -> A {
        self.watched.set(true);
        let answer = run();
        self.watched.set(false);
        answer
    }
}

/// What the middleware leaves with the request.
struct Attached<T: WebPayload> {
    handle: SessionHandle<T>,
    stop: Rc<Stop>,
}

impl<S, T, B> Service<ServiceRequest> for SessionMiddleware<S, T>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    T: WebPayload,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = MiddlewareFuture<S::Future, T>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), actix_web::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match Exchange::begin(self.layer.core(), &request) {
            Ok(exchange) => {
                let exchange = Arc::new(exchange);
                let stop = Rc::<Stop>::default();
                request.extensions_mut().insert(Attached {
                    handle: SessionHandle::new(Arc::clone(&exchange)),
                    stop: Rc::clone(&stop),
                });
                // Some middlewares run extractors here and not in their future.
                let inner = stop.watching(|| self.inner.call(request));
                let running = Running::Handled {
                    inner,
                    exchange,
                    stop,
                };
                MiddlewareFuture { running }
            }
            Err(refusal) => {
                let answer = Some(request.into_response(refused(&refusal)));
                MiddlewareFuture {
                    running: Running::Refused { answer },
                }
            }
        }
    }
}

pin_project! {
    /// The future of a [`SessionMiddleware`].
    #[must_use = "futures do nothing unless polled"]
    pub struct MiddlewareFuture<F, T: WebPayload> {
        #[pin]
        running: Running<F, T>,
    }
}

pin_project! {
    #[project = Step]
    enum Running<F, T: WebPayload> {
        Handled { #[pin] inner: F, exchange: Arc<Exchange<T>>, stop: Rc<Stop> },
        Refused { answer: Option<ServiceResponse> },
    }
}

impl<F, T, B> Future for MiddlewareFuture<F, T>
where
    F: Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
    T: WebPayload,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, actix_web::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = match self.as_mut().project().running.project() {
            Step::Handled {
                inner,
                exchange,
                stop,
            } => {
                let polled = stop.watching(|| inner.poll(context));
                match stop.left.take() {
                    None => return Poll::Ready(written(ready!(polled), exchange)),
                    Some((request, rejection)) => {
                        let mut response = rejection.error_response();
                        write(response.headers_mut(), exchange, rejection.status_code());
                        ServiceResponse::new(request, response)
                    }
                }
            }
            Step::Refused { answer } => match answer.take() {
                Some(answer) => answer,
                // Polled after it was ready, which no one may do.
                None => return Poll::Pending,
            },
        };
        // What the handler holds is let go before the answer leaves.
        let done = Running::Refused { answer: None };
        self.project().running.set(done);
        Poll::Ready(Ok(answer.map_into_right_body()))
    }
}

/// A cookie goes out with errors too, also with one that becomes a response further out.
fn written<T: WebPayload, B: MessageBody>(
    answer: Result<ServiceResponse<B>, actix_web::Error>,
    exchange: &Exchange<T>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    match answer {
        Ok(mut answer) => {
            let status = answer.status();
            write(answer.headers_mut(), exchange, status);
            Ok(answer.map_into_left_body())
        }
        Err(error) => {
            let mut response = error.error_response();
            let status = response.status();
            write(response.headers_mut(), exchange, status);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

fn write<T: WebPayload>(headers: &mut HeaderMap, exchange: &Exchange<T>, status: StatusCode) {
    for change in exchange.finish(status.as_u16()) {
        apply(headers, &change);
    }
}

fn apply(headers: &mut HeaderMap, change: &Change) {
    // Every line is visible ASCII, so there always is a value.
    let Ok(mut value) = HeaderValue::from_str(&change.value) else {
        return;
    };
    value.set_sensitive(change.sensitive);
    let name = HeaderName::from_static(change.name);
    if change.append {
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
}

/// A refusal as a response.
fn refused(refusal: &Refusal) -> HttpResponse {
    let status = StatusCode::from_u16(refusal.status());
    let mut response = HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    let mut response = response.body(refusal.body());
    for line in refusal.headers() {
        apply(response.headers_mut(), &line.clone().into());
    }
    response
}

impl Head for ServiceRequest {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        let values = self.headers().get_all(match field {
            Field::Host => header::HOST,
            Field::Cookie => header::COOKIE,
            Field::Authorization => header::AUTHORIZATION,
            Field::Origin => header::ORIGIN,
            Field::SecFetchSite => SEC_FETCH_SITE,
            Field::Upgrade => header::UPGRADE,
        });
        values.map(HeaderValue::as_bytes)
    }

    fn authority(&self) -> Option<&str> {
        self.uri().authority().map(|authority| authority.as_str())
    }
}

/// The future of an extractor. `None`: the middleware answers in its place.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Extracting<A>(Option<Result<A, Rejection>>);

/// What it holds is handed out and never polled.
impl<A> Unpin for Extracting<A> {}

impl<A> Future for Extracting<A> {
    type Output = Result<A, Rejection>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.take().map_or(Poll::Pending, Poll::Ready)
    }
}

fn extract<T: WebPayload, A>(
    request: &HttpRequest,
    of: impl FnOnce(&SessionHandle<T>) -> Result<A, Rejection>,
) -> Extracting<A> {
    let extensions = request.extensions();
    let Some(Attached { handle, stop }) = extensions.get() else {
        let rejection = Rejection::not_set_up::<A>(NO_LAYER);
        tell_once::<A>(&rejection);
        return Extracting(Some(Err(rejection)));
    };
    stop.judged(request, of(handle))
}

/// `Option<Session<T>>` takes a missing layer for nobody being logged in, and no middleware is there
/// to answer in its place; a future that never resolves would leave the client waiting. So the mistake
/// is told to whoever runs the server, once for each type, however many requests come.
fn tell_once<A>(rejection: &Rejection) {
    static TOLD: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.insert(core::any::type_name::<A>()) {
        std::eprintln!("warning: {rejection}");
    }
}

impl<T: WebPayload> FromRequest for SessionHandle<T> {
    type Error = Rejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Body) -> Self::Future {
        extract(request, |handle: &Self| Ok(handle.clone()))
    }
}

impl<T: WebPayload> FromRequest for Session<T> {
    type Error = Rejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Body) -> Self::Future {
        extract(request, SessionHandle::session)
    }
}

impl<T: WebPayload, const SECONDS: u64> FromRequest for RecentLogin<T, SECONDS> {
    type Error = Rejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Body) -> Self::Future {
        extract(request, SessionHandle::<T>::recent_login)
    }
}

impl<T: WebPayload, R: RevocationView + 'static> FromRequest for BearerSession<T, R> {
    type Error = Rejection;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Body) -> Self::Future {
        let Some(sessions) = request.app_data::<web::Data<Sessions<T, R>>>() else {
            let rejection = Rejection::not_set_up::<Self>(NO_SESSIONS);
            tell_once::<Self>(&rejection);
            return Extracting(Some(Err(rejection)));
        };
        let headers = request.headers().get_all(header::AUTHORIZATION);
        let answer = Self::read(sessions, headers.map(HeaderValue::as_bytes));
        match request.extensions().get() {
            Some(Attached::<T> { stop, .. }) => stop.judged(request, answer),
            None => Extracting(Some(answer)),
        }
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        refused(&self.refusal()).status()
    }

    fn error_response(&self) -> HttpResponse {
        let response = refused(&self.refusal());
        response.set_body(self.body()).map_into_boxed_body()
    }
}

impl ResponseError for CommandError {
    fn status_code(&self) -> StatusCode {
        refused(&self.refusal()).status()
    }

    fn error_response(&self) -> HttpResponse {
        refused(&self.refusal())
    }
}

impl<S, T: WebPayload> fmt::Debug for SessionMiddleware<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionMiddleware")
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}

impl<F, T: WebPayload> fmt::Debug for MiddlewareFuture<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MiddlewareFuture").finish_non_exhaustive()
    }
}
