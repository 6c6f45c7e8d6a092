/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/mem.h"

/* The address sanitizer reserves terabytes of address space. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

static enum status set_limits(void)
{
	static const struct {
		int what;
		rlim_t limit;
	} rows[] = {
		{RLIMIT_AS, SANDBOX_MEMORY_BYTES},
		{RLIMIT_FSIZE, SANDBOX_FILE_BYTES},
		{RLIMIT_CPU, SANDBOX_CPU_WHOLE},
		{RLIMIT_NOFILE, 32},
		{RLIMIT_NPROC, 0},
		{RLIMIT_CORE, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (UNDER_SANITIZER && rows[i].what == RLIMIT_AS)
			continue;
		struct rlimit limit = {.rlim_cur = rows[i].limit, .rlim_max = rows[i].limit};
		if (setrlimit((__rlimit_resource_t)rows[i].what, &limit) != 0)
			return STATUS_INTERNAL;
	}
	return STATUS_OK;
}

/*
 * A filter of system calls (seccomp(2)): those by which a process that has been taken over would
 * get out fail with EPERM, everything else works. Only the numbers of the machine that this was
 * built for pass.
 */
#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#endif

#define DENY(name)                                             \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static enum status filter_calls(void)
{
#ifdef OWN_ARCH
	static const struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
		/* The x32 numbers of the same calls. */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
#endif
		DENY(socket),
		DENY(socketpair),
		DENY(connect),
		DENY(clone),
		DENY(clone3),
#ifdef SYS_fork
		DENY(fork),
		DENY(vfork),
#endif
		DENY(execve),
		DENY(execveat),
		DENY(ptrace),
		DENY(process_vm_readv),
		DENY(process_vm_writev),
		DENY(pidfd_getfd),
		DENY(kill),
		DENY(mount),
		DENY(unshare),
		DENY(setns),
		DENY(bpf),
		DENY(keyctl),
		DENY(io_uring_setup),
		DENY(userfaultfd),
		DENY(perf_event_open),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = ARRAY_LEN(rules),
		.filter = (struct sock_filter *)(uintptr_t)rules, /* only read */
	};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 && errno != EINVAL)
		return STATUS_INTERNAL;
#endif
	return STATUS_OK;
}

/* Seconds of the processor from now on; the signal of the soft limit ends the process. */
static enum status limit_cpu(void)
{
	struct rusage usage;
	struct rlimit limit;
	if (getrusage(RUSAGE_SELF, &usage) != 0 || getrlimit(RLIMIT_CPU, &limit) != 0)
		return STATUS_INTERNAL;
	rlim_t used = (rlim_t)usage.ru_utime.tv_sec + (rlim_t)usage.ru_stime.tv_sec;
	limit.rlim_cur = used + SANDBOX_CPU_SECONDS;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_CPU, &limit) == 0 ? STATUS_OK : STATUS_INTERNAL;
}

void sandbox_rest(void)
{
	(void)alarm(0);
}

enum status sandbox_renew(void)
{
	(void)alarm(SANDBOX_ALARM_SECONDS);
	return limit_cpu();
}

enum status sandbox_enter(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return STATUS_INTERNAL;
	enum status status = set_limits();
	if (status == STATUS_OK)
		status = sandbox_renew();
	return status == STATUS_OK ? filter_calls() : status;
}
