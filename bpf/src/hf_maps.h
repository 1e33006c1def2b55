/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Maps and constants of one program instance. Sizes here are the smallest; the loader sets those of the host. */
#ifndef HF_MAPS_H
#define HF_MAPS_H

#include "holdfast.h"

/* Set by the loader before the program is loaded, then frozen: the verifier treats them as constants. */
const volatile __u32 hf_slot = 0;		/* device slot of this instance */
const volatile __u32 hf_l2len = 14;		/* 14: Ethernet; 0: packets begin with IP */
const volatile __u32 hf_blob_mask = (1 << 20) - 1; /* size class of the blob - 1 */

struct hf_blobmap {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, (1 << 20) + HF_OVERRUN);
};

/* The one pointer: storing it swaps the policy of all devices. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__array(values, struct hf_blobmap);
} hf_gen SEC(".maps");

/* counter slot * 2 + direction */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2048);
	__type(key, __u32);
	__type(value, struct hf_counter);
} hf_counters SEC(".maps");

/* device slot * 2 + direction */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HF_DEVICES * 2);
	__type(key, __u32);
	__type(value, struct hf_stat);
} hf_stats SEC(".maps");

struct hf_cache4 {
	__u64 ip;
	__u64 key;
	__u32 generation;
	__u32 zero;
	__u64 answer;			/* of the search */
};

struct hf_cache6 {
	__u64 ip[4];
	__u64 key;
	__u32 generation;
	__u32 zero;
	__u64 answer;
	__u64 zeros;
};

/* Exact match, one entry a hash; programs run with bottom halves off, so an entry has one writer at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HF_CACHE_SLOTS4);
	__type(key, __u32);
	__type(value, struct hf_cache4);
} hf_cache4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HF_CACHE_SLOTS6);
	__type(key, __u32);
	__type(value, struct hf_cache6);
} hf_cache6 SEC(".maps");

/* Times of GCRA, by bucket. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} hf_buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct hf_srckey);
	__type(value, __u64);
} hf_srcbuckets SEC(".maps");

struct hf_flowmap {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(key_size, sizeof(struct hf_flowkey));
	__uint(value_size, sizeof(struct hf_flow));
};

/* The flow log that is being written; user space puts an empty one in its place and reads it at leisure. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__array(values, struct hf_flowmap);
} hf_flowgen SEC(".maps");

/* One bucket: new records of packets no line decided, which anybody can make up. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hf_guard SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct hf_connkey);
	__type(value, struct hf_conn);
} hf_conns SEC(".maps");

#endif
