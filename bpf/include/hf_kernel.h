/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The little of the kernel's interface these programs use, so that a build needs clang and nothing else. All of it is
 * stable user space API; structs are cut off behind the last field that is read.
 */
#ifndef HF_KERNEL_H
#define HF_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;

#define SEC(name) __attribute__((section(name), used))
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/* The compiler may not assume anything about x from here on. */
#define barrier_var(x) asm volatile("" : "+r"(x))

#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_ntohs(x) __builtin_bswap16(x)
#define bpf_ntohl(x) __builtin_bswap32(x)
#define bpf_be64(x) __builtin_bswap64(x)

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	TC_ACT_SHOT = 2,
	TC_ACT_UNSPEC = -1,	/* TCX_NEXT: the programs behind this one decide */
	XDP_DROP = 1,
	XDP_PASS = 2,
};

struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
};

struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value,
					 __u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static long (*const bpf_skb_pull_data)(struct __sk_buff *skb, __u32 len) = (void *)39;
static __u64 (*const bpf_xdp_get_buff_len)(struct xdp_md *xdp) = (void *)188;
static long (*const bpf_loop)(__u32 iterations, void *callback, void *context,
			      __u64 flags) = (void *)181;

/*
 * break, when the kernel finds that a loop takes too long; never within the limits the builder keeps. The verifier
 * accepts any loop with it, provided that what the loop carries is unknown to it. clang 14 has no word for the
 * instruction (may_goto, kernel 6.9), so its bytes are spelled out.
 */
#define cond_break                                                                                 \
	({                                                                                         \
		__label__ l_break, l_continue;                                                     \
		asm volatile goto("1:.byte 0xe5;"                                                  \
				  ".byte 0;"                                                       \
				  ".long ((%l[l_break] - 1b - 8) / 8) & 0xffff;"                   \
				  ".short 0" ::::l_break);                                         \
		goto l_continue;                                                                   \
l_break:                                                                                           \
		break;                                                                             \
l_continue:;                                                                                       \
	})

#endif
