//! The `hannun` program: see [`hannun::cli`].

fn main() -> std::process::ExitCode {
    let config = hannun::config::Config::from_env().unwrap();
    hannun::telemetry::start(&config.log);
    actix_web::rt::System::new().block_on(async {
        hannun::startup::serve(config, hannun::startup::ServeOptions { role: hannun::startup::ProcessRole::All, demo: true }).await.unwrap();
    });
    std::process::ExitCode::SUCCESS
}
