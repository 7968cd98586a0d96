/*
 * paced-client ADDRESS PORT CONNECTIONS RATE LOG
 *
 * One thread asks `GET /` of an HTTP/1.1 server over CONNECTIONS keep-alive connections, RATE times a second in equal
 * distances, until SIGTERM or the end of whoever started it. A request waits when every connection has one under way,
 * and its time counts from when it should have been sent. LOG gets two doubles a request, in the order of answers:
 * when it was sent, µs since the epoch, and how long its answer took, µs. Any answer but 200 with a Content-Length
 * ends it, with exit code 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 1024
#define HEAD "HTTP/1.1 200 "
#define LENGTH "\r\nContent-Length: "

struct connection {
	int fd;
	size_t have;
	double start; /* µs; 0: no request under way */
	char answer[4096];
};

static struct connection connections[MOST_CONNECTIONS];
static volatile sig_atomic_t ending;
static double epoch; /* µs since the epoch when the monotonic clock was 0 */

static void end(int signal)
{
	(void)signal;
	ending = 1;
}

static void fail(const char *what)
{
	fprintf(stderr, "paced-client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double clock_us(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static struct connection *idle_connection(int count)
{
	static int next;
	for (int i = 0; i < count; i++) {
		struct connection *one = &connections[(next + i) % count];
		if (one->start != 0)
			continue;
		next = (next + i + 1) % count;
		return one;
	}
	return NULL;
}

static void ask(struct connection *one, double start, const char *request, size_t length)
{
	one->have = 0;
	one->start = start;
	if (write(one->fd, request, length) != (ssize_t)length)
		fail("write");
}

/* Whether the answer is there as a whole. */
static int is_whole(struct connection *one)
{
	one->answer[one->have] = '\0';
	char *body = strstr(one->answer, "\r\n\r\n");
	if (!body)
		return 0;
	char *length = strcasestr(one->answer, LENGTH);
	if (strncmp(one->answer, HEAD, sizeof(HEAD) - 1) || !length || length > body) {
		errno = EPROTO;
		fail("an answer other than 200 with a Content-Length");
	}
	return one->have >= (size_t)(body + 4 - one->answer) + strtoul(length + sizeof(LENGTH) - 1, NULL, 10);
}

/* Reads what there is. */
static void take(struct connection *one, FILE *log)
{
	ssize_t got = read(one->fd, one->answer + one->have, sizeof(one->answer) - 1 - one->have);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		fail("read");
	one->have += got;
	if (one->start == 0 || !is_whole(one))
		return;
	double times[2] = { epoch + one->start, clock_us(CLOCK_MONOTONIC) - one->start };
	fwrite(times, sizeof(times), 1, log);
	one->start = 0;
}

int main(int argc, char **words)
{
	if (argc != 6) {
		fprintf(stderr, "paced-client ADDRESS PORT CONNECTIONS RATE LOG\n");
		return 2;
	}
	int count = atoi(words[3]);
	double distance = 1e6 / atof(words[4]);
	if (count < 1 || count > MOST_CONNECTIONS || !(distance > 0))
		return 2;
	FILE *log = fopen(words[5], "w");
	if (!log)
		fail(words[5]);
	char request[128];
	int length = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", words[1]);
	struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(atoi(words[2])) };
	if (inet_pton(AF_INET, words[1], &server.sin_addr) != 1)
		return 2;
	struct sigaction on_end = { .sa_handler = end };
	sigaction(SIGTERM, &on_end, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* the kernel would let timers be late by 50 µs */
	prctl(PR_SET_TIMERSLACK, 1);
	epoch = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
	int poll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < count; i++) {
		int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof(server)))
			fail("connect");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		fcntl(fd, F_SETFL, O_NONBLOCK);
		connections[i].fd = fd;
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };
		if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event))
			fail("epoll_ctl");
	}
	double due = clock_us(CLOCK_MONOTONIC);
	while (!ending) {
		double now = clock_us(CLOCK_MONOTONIC);
		int held = 0;
		while (due <= now) {
			struct connection *one = idle_connection(count);
			held = !one;
			if (held)
				break;
			/* a whole turn late: it waited for a connection, or this thread for a processor */
			ask(one, now - due > distance ? due : now, request, length);
			due += distance;
			now = clock_us(CLOCK_MONOTONIC);
		}
		/* with every connection in use it is an answer that wakes it */
		long ns = held ? 1000000000 : due > now ? (due - now) * 1e3 : 0;
		struct timespec wait = { ns / 1000000000, ns % 1000000000 };
		struct epoll_event events[64];
		int ready = epoll_pwait2(poll, events, 64, &wait, NULL);
		if (ready < 0 && errno != EINTR)
			fail("epoll_pwait2");
		for (int i = 0; i < ready; i++)
			take(events[i].data.ptr, log);
	}
	return fclose(log) == 0 ? 0 : 1;
}
