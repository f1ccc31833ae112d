//! Templates → answers: a whole page or one block of it, and what is said after something was done.

use std::future::Future;
use std::pin::Pin;

use actix_web::cookie::Cookie;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, HeaderName, HeaderValue, LOCATION, REFERER, VARY};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;

use super::cookies::Purpose;
use super::filters;
use super::flash;
use super::hx::{self, Hx};
use super::picker;
use super::return_to;
use super::shell::{Shell, recent_servers};
use super::visitor::Visitor;
use crate::app::App;
use crate::error::{Error, FieldErrors, Result};
use crate::language::{Language, Message};

/// Renders templates with the values that every page needs.
pub struct Render {
    /// Those values.
    pub shell: Shell,
    hx: Hx,
    app: web::Data<App>,
    request: HttpRequest,
    cookies: Vec<Cookie<'static>>,
    address: Option<HeaderValue>,
}

impl Render {
    /// The renderer for the answer to `request`.
    pub async fn of(request: &HttpRequest) -> Result<Self> {
        let app = request
            .app_data::<web::Data<App>>()
            .cloned()
            .ok_or_else(|| Error::internal(anyhow::anyhow!("App is not registered")))?;
        Ok(Self {
            shell: Shell::load(request).await?,
            hx: Hx::of(request),
            app,
            request: request.clone(),
            cookies: Vec::new(),
            address: None,
        })
    }

    /// The reader's language.
    pub fn language(&self) -> Language {
        self.shell.language
    }

    /// Whether one block of the page is enough.
    pub fn wants_fragment(&self) -> bool {
        self.hx.wants_fragment()
    }

    /// The same, with a cookie set by the answer.
    #[must_use]
    pub fn with_cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The same, for htmx to write another address into the history than the one it asked.
    pub fn at(mut self, address: &str) -> Result<Self> {
        self.address = Some(header(address)?);
        Ok(self)
    }

    /// The whole document.
    pub fn page<T: Template>(self, page: &T) -> Result<HttpResponse> {
        self.html(StatusCode::OK, page)
    }

    /// A block, with which the regions that listen to `event` fetch themselves again.
    pub fn page_and<T: Template>(self, page: &T, event: &'static str) -> Result<HttpResponse> {
        let mut response = self.html(StatusCode::OK, page)?;
        let name = HeaderName::try_from(hx::TRIGGER).map_err(Error::internal)?;
        response.headers_mut().insert(name, HeaderValue::from_static(event));
        Ok(response)
    }

    /// A block of which what `select` finds takes the place of the element that it is for, whatever that was to become of it.
    pub fn page_instead<T: Template>(self, page: &T, select: &str) -> Result<HttpResponse> {
        let mut response = self.html(StatusCode::OK, page)?;
        for (name, value) in [(hx::RESWAP, "outerHTML"), (hx::RESELECT, select)] {
            response.headers_mut().insert(HeaderName::try_from(name).map_err(Error::internal)?, header(value)?);
        }
        Ok(response)
    }

    /// Nothing to swap: what the page shows stays.
    pub fn nothing(self) -> Result<HttpResponse> {
        Ok(self.answer(StatusCode::NO_CONTENT).finish())
    }

    /// The whole document, or one block of it for htmx: `render.page_or(&page, |page| page.as_rows())`.
    pub fn page_or<'p, T: Template, B: Template>(
        self,
        page: &'p T,
        block: impl FnOnce(&'p T) -> B,
    ) -> Result<HttpResponse> {
        if self.wants_fragment() { self.html(StatusCode::OK, &block(page)) } else { self.html(StatusCode::OK, page) }
    }

    /// The form again, with what was entered and what is wrong with it: 422.
    pub fn invalid<'p, T: Template, B: Template>(
        self,
        page: &'p T,
        block: impl FnOnce(&'p T) -> B,
    ) -> Result<HttpResponse> {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        if self.wants_fragment() { self.html(status, &block(page)) } else { self.html(status, page) }
    }

    /// A page whose form cannot be accepted, where nothing smaller than the page can be swapped: 422.
    pub fn refused<T: Template>(self, page: &T) -> Result<HttpResponse> {
        self.html(StatusCode::UNPROCESSABLE_ENTITY, page)
    }

    /// A page or block with another status.
    pub fn html<T: Template>(mut self, status: StatusCode, template: &T) -> Result<HttpResponse> {
        let body = template.render_with_values(&self.shell).map_err(Error::internal)?;
        if self.shell.flash.is_some() {
            self.cookies.push(Purpose::Flash.clear(&self.app.config));
        }
        if let Some(value) = Visitor::of(&self.request).and_then(|visitor| visitor.new_pre_session) {
            self.cookies.push(Purpose::PreSession.write(&self.app.config, value));
        }
        if let Some(cookie) = self.remembered() {
            self.cookies.push(cookie);
        }
        let mut response = self.answer(status);
        response.insert_header(ContentType::html());
        Ok(response.body(body))
    }

    /// The list of servers looked at last, where this page puts another one first.
    fn remembered(&self) -> Option<Cookie<'static>> {
        let named = self.request.match_info().get("server")?;
        let seen = self.shell.server.as_ref().filter(|server| server.name == named)?;
        let before = recent_servers(&self.request, &self.app);
        let after = picker::remember(&before, &seen.name);
        (after != before).then(|| Purpose::Recent.write(&self.app.config, after.join("~")))
    }

    /// Something was done, and `message` says so.
    pub fn done(self, message: Message) -> Done {
        Done { render: self, message }
    }

    /// The path of the page that sent this request.
    pub fn origin(&self) -> String {
        let headers = self.request.headers();
        let url = headers.get("HX-Current-URL").or_else(|| headers.get(REFERER)).and_then(|value| value.to_str().ok());
        return_to::from_url(url.unwrap_or_default())
    }

    /// On to another page of ours, without a word.
    pub fn go(self, path: &str) -> Result<HttpResponse> {
        if self.hx.request {
            let mut response = self.answer(StatusCode::OK);
            response.insert_header((hx::REDIRECT, header(path)?));
            Ok(response.finish())
        } else {
            let mut response = self.answer(StatusCode::SEE_OTHER);
            response.insert_header((LOCATION, header(path)?));
            Ok(response.finish())
        }
    }

    fn answer(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        response.insert_header((VARY, "HX-Request"));
        if let Some(address) = &self.address {
            response.insert_header((hx::PUSH_URL, address.clone()));
        }
        for cookie in &self.cookies {
            response.cookie(cookie.clone());
        }
        response
    }
}

/// A sentence about what was done, on its way to the person: a toast now, or on the page that they land on.
pub struct Done {
    render: Render,
    message: Message,
}

impl Done {
    /// The regions that listen to `event` fetch themselves again. Without htmx: back to the page the form was on.
    pub fn refresh(self, event: &'static str) -> Result<HttpResponse> {
        if !self.render.hx.request {
            let path = self.render.origin();
            return self.go(&path);
        }
        let toast = Toast::good(self.message.in_language(self.render.language()));
        let body = toast.render_with_values(&self.render.shell).map_err(Error::internal)?;
        let mut response = self.render.answer(StatusCode::OK);
        response
            .insert_header(ContentType::html())
            .insert_header((hx::TRIGGER, HeaderValue::from_static(event)))
            .insert_header((hx::RETARGET, "#toasts"))
            .insert_header((hx::RESWAP, "beforeend"));
        Ok(response.body(body))
    }

    /// On to `path`, where the sentence is shown.
    pub fn go(mut self, path: &str) -> Result<HttpResponse> {
        let text = self.message.in_language(self.render.language());
        let cookie = Purpose::Flash.write(&self.render.app.config, flash::pack(&text));
        self.render.cookies.push(cookie);
        self.render.go(path)
    }

    /// A new version of the region that asked, and the toast beside it.
    pub fn swap<B: Template>(self, block: &B) -> Result<HttpResponse> {
        let text = self.message.in_language(self.render.language());
        let body = block.render_with_values(&self.render.shell).map_err(Error::internal)?;
        let toast = Toast::good(text).render_with_values(&self.render.shell).map_err(Error::internal)?;
        let mut response = self.render.answer(StatusCode::OK);
        response.insert_header(ContentType::html());
        Ok(response.body(format!("{body}<div hx-swap-oob=\"beforeend:#toasts\">{toast}</div>")))
    }
}

/// One toast.
#[derive(Template)]
#[template(path = "components/toast.html")]
pub struct Toast {
    /// The shape of its dot.
    pub dot: &'static str,
    /// The sentence, in the reader's language.
    pub text: String,
    /// The next step, where there is one.
    pub hint: Option<Message>,
    /// What the log knows it by, where something went wrong on our side.
    pub request_id: Option<String>,
    /// Fields with their problems.
    pub problems: FieldErrors,
}

impl Toast {
    /// Something worked.
    pub fn good(text: String) -> Self {
        Self { dot: "up", text, hint: None, request_id: None, problems: FieldErrors::default() }
    }
}

impl FromRequest for Render {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

fn header(path: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(path).map_err(Error::internal)
}
