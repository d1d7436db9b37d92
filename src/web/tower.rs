//! The layer for tower: axum, tonic, and whatever else speaks `http` 1.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::http::response::Refusal;
use crate::web::backend::WebPayload;
use crate::web::exchange::{Change, Exchange};
use crate::web::handle::SessionHandle;
use crate::web::head::{Field, Head};
use crate::web::layer::SessionLayer;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

impl<S, T: WebPayload> Layer<S> for SessionLayer<T> {
    type Service = SessionService<S, T>;

    fn layer(&self, inner: S) -> Self::Service {
        let layer = self.clone();
        SessionService { inner, layer }
    }
}

/// A service behind a [`SessionLayer`].
///
/// A request that is refused gets a body of `ResBody::default()`; with axum's body type it holds the
/// refusal's text.
pub struct SessionService<S, T: WebPayload> {
    inner: S,
    layer: SessionLayer<T>,
}

impl<S, T, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<S, T>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    T: WebPayload,
    ResBody: Default + 'static,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, T>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match Exchange::begin(self.layer.core(), &request) {
            Ok(exchange) => {
                let exchange = Arc::new(exchange);
                let handle = SessionHandle::new(Arc::clone(&exchange));
                request.extensions_mut().insert(handle);
                let inner = self.inner.call(request);
                ResponseFuture {
                    running: Running::Handled { inner, exchange },
                }
            }
            Err(refusal) => {
                let refusal = Some(refusal);
                ResponseFuture {
                    running: Running::Refused { refusal },
                }
            }
        }
    }
}

pin_project! {
    /// The future of a [`SessionService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, T: WebPayload> {
        #[pin]
        running: Running<F, T>,
    }
}

pin_project! {
    #[project = Step]
    enum Running<F, T: WebPayload> {
        Handled { #[pin] inner: F, exchange: Arc<Exchange<T>> },
        Refused { refusal: Option<Refusal> },
    }
}

impl<F, T, ResBody, E> Future for ResponseFuture<F, T>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    T: WebPayload,
    ResBody: Default + 'static,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().running.project() {
            Step::Handled { inner, exchange } => inner.poll(context).map_ok(|mut response| {
                let changes = exchange.finish(response.status().as_u16());
                for change in changes {
                    apply(response.headers_mut(), change);
                }
                response
            }),
            Step::Refused { refusal } => match refusal.take() {
                Some(refusal) => Poll::Ready(Ok(refused(&refusal))),
                // Polled after it was ready, which no one may do.
                None => Poll::Pending,
            },
        }
    }
}

impl<ReqBody> Head for Request<ReqBody> {
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
        values.iter().map(HeaderValue::as_bytes)
    }

    fn authority(&self) -> Option<&str> {
        self.uri().authority().map(http::uri::Authority::as_str)
    }
}

/// A refusal as a response.
pub(in crate::web) fn refused<B: Default + 'static>(refusal: &Refusal) -> Response<B> {
    let mut response = Response::new(body(refusal.body()));
    // Statuses and lines of a refusal are constants of ours, so the conversions succeed.
    *response.status_mut() =
        StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for line in refusal.headers() {
        apply(response.headers_mut(), line.clone().into());
    }
    response
}

/// The text, if the body's type is one that can be made of text without a box around it.
fn body<B: Default + 'static>(text: &'static str) -> B {
    #[cfg(feature = "axum-08")]
    {
        let mut body = Some(axum_core::body::Body::from(text));
        let any: &mut dyn core::any::Any = &mut body;
        if let Some(body) = any.downcast_mut::<Option<B>>().and_then(Option::take) {
            return body;
        }
    }
    let _ = text;
    B::default()
}

pub(in crate::web) fn apply(headers: &mut HeaderMap, change: Change) {
    let value = match change.value {
        // Constants of ours, so this does not panic; nothing is copied.
        Cow::Borrowed(value) => Ok(HeaderValue::from_static(value)),
        Cow::Owned(value) => HeaderValue::try_from(value),
    };
    // Every line is visible ASCII, so there always is a value.
    let Ok(mut value) = value else { return };
    value.set_sensitive(change.sensitive);
    let name = HeaderName::from_static(change.name);
    if change.append {
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
}

impl<S: Clone, T: WebPayload> Clone for SessionService<S, T> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<S, T: WebPayload> fmt::Debug for SessionService<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}

impl<F, T: WebPayload> fmt::Debug for ResponseFuture<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
