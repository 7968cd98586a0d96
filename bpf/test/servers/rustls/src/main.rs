//! HTTPS at both ends with rustls. tls-rust server PORT KEY CERTIFICATE | client PORT CERTIFICATE REQUESTS
use std::env;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

fn certificates(path: &str) -> Vec<Vec<u8>> {
    rustls_pemfile::certs(&mut BufReader::new(File::open(path).unwrap())).unwrap()
}

fn head<S: Read>(stream: &mut S) -> Option<String> {
    let mut text = Vec::new();
    let mut buffer = [0u8; 4096];
    while !text.ends_with(b"\r\n\r\n") && !text.ends_with(b"hello") {
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => text.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn serve(port: &str, key: &str, certificate: &str) {
    let keys = rustls_pemfile::pkcs8_private_keys(&mut BufReader::new(File::open(key).unwrap())).unwrap();
    let chain = certificates(certificate).into_iter().map(rustls::Certificate).collect();
    let config = rustls::ServerConfig::builder()
        .with_safe_defaults()
        .with_no_client_auth()
        .with_single_cert(chain, rustls::PrivateKey(keys[0].clone()))
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    println!("ready");
    for socket in listener.incoming() {
        let (socket, config) = (socket.unwrap(), config.clone());
        thread::spawn(move || {
            let connection = rustls::ServerConnection::new(config).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, socket);
            while let Some(request) = head(&mut stream) {
                let status = if request.starts_with("GET /no") { "404 Not Found" } else { "200 OK" };
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nhello");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
    }
}

fn ask(port: &str, certificate: &str, requests: usize) {
    let mut roots = rustls::RootCertStore::empty();
    for one in certificates(certificate) {
        roots.add(&rustls::Certificate(one)).unwrap();
    }
    let config = rustls::ClientConfig::builder()
        .with_safe_defaults()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = rustls::ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let socket = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let mut stream = rustls::StreamOwned::new(connection, socket);
    for i in 0..requests {
        let path = if i % 10 == 0 { "/no/1".to_string() } else { format!("/item/{i}") };
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
        head(&mut stream).unwrap();
    }
}

fn main() {
    let words: Vec<String> = env::args().collect();
    match words[1].as_str() {
        "server" => serve(&words[2], &words[3], &words[4]),
        _ => ask(&words[2], &words[3], words[4].parse().unwrap()),
    }
}
