//! The service: what a handler does with the session of its call.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use cloakroom::web::{CommandError, Rejection, RejectionKind, SessionHandle};
use serde::{Deserialize, Serialize};
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};

use crate::text::Text;

#[derive(Serialize, Deserialize)]
pub(crate) struct User {
    name: String,
}
cloakroom::payload!(User);

/// Every call comes here, with the handle that the layer left among the extensions.
async fn answer(method: String, request: Request<String>) -> Result<Response<String>, Status> {
    let handle = SessionHandle::<User>::of(request.extensions()).map_err(rejected)?;
    let text = match &*method {
        // A real server checks a password first.
        "LogIn" => {
            let name = request.into_inner();
            let user = User { name: name.clone() };
            let issued = handle.login_bearer(name, user).await.map_err(failed)?;
            issued.token.into_string()
        }
        "WhoAmI" => {
            let session = handle.session().map_err(rejected)?;
            session.payload().name.clone()
        }
        "LogOut" => {
            handle.logout().await.map_err(failed)?;
            String::new()
        }
        _ => return Err(Status::unimplemented("no such method")),
    };
    Ok(Response::new(text))
}

/// gRPC has a code of its own for each of the answers.
fn rejected(rejection: Rejection) -> Status {
    match rejection.kind() {
        RejectionKind::NoSession(_) | RejectionKind::LoginTooOld { .. } => {
            Status::unauthenticated("log in")
        }
        RejectionKind::Unavailable(_) => Status::unavailable("try again"),
        _ => Status::internal("internal error"),
    }
}

fn failed(error: CommandError) -> Status {
    // For the operator. The client gets a constant.
    eprintln!("{error}");
    match error.refusal().status() {
        401 => Status::unauthenticated("log in"),
        403 => Status::permission_denied("cross-origin request rejected"),
        503 => Status::unavailable("try again"),
        _ => Status::internal("internal error"),
    }
}

/// What generated code would be: from an HTTP request to a method.
#[derive(Clone)]
pub(crate) struct Account;

impl NamedService for Account {
    const NAME: &'static str = "example.Account";
}

impl Service<http::Request<Body>> for Account {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default();
        let method = Method(method.to_owned());
        Box::pin(async move { Ok(Grpc::new(Text).unary(method, request).await) })
    }
}

struct Method(String);

impl Service<Request<String>> for Method {
    type Response = Response<String>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        Box::pin(answer(self.0.clone(), request))
    }
}
