/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What the kernel programs and user space share: layouts, numbers, names.
 *
 * packages/bpf/src/gen/layout.ts is generated from the BTF of this file, so everything user space needs is an enum or
 * a struct. All numbers are little endian unless a type says otherwise; offsets are bytes from the start of the blob.
 *
 * The blob is one immutable piece of memory that holds the policy of a whole host:
 *
 *   hf_head       who and what
 *   hf_device[64] for each device slot: where its four tables are, and its settings
 *   tables        one hf_table for each distinct list of lines, with the sections it points at
 *   user space    the lines, rules, rates and texts from which the policy is read back
 *
 * A table is a pruned tuple space. A tuple is a pair of prefix lengths. The range trees give for each address a row:
 * a bitmap of the tuples that have a prefix covering the address. Only tuples in both rows are probed: one hash slot
 * each, whose rules are compared by ports and protocol.
 */
#ifndef HOLDFAST_H
#define HOLDFAST_H

#ifdef __bpf__
#include "hf_kernel.h"
#else
#include <linux/types.h>
#endif

enum hf_limit {
	HF_MAGIC = 0x31504648,		/* "HFP1" */
	HF_FORMAT = 1,
	HF_DEVICES = 64,		/* device slots */
	HF_OVERRUN = 64,		/* bytes behind the blob that may be read: no bounds check but the mask */
	HF_TABLES = 4,			/* of a device: direction + 2 * (family is IPv6) */
	HF_SPARE_SLOTS = 64,		/* behind the hash, so that a probe never wraps */
	HF_MAX_PROBE = 48,		/* slots looked at for one tuple, the empty one included */
	HF_MAX_TUPLES = 4096,
	HF_COUNTERS = 524288,		/* counter slots */
	HF_MAX_CONTINUES = 8,
	HF_MAX_EXT_HEADERS = 8,
	HF_NO_PORTS = 65536,		/* the port of a packet without ports; "any port" is 0 to this */
	HF_LOST_FLOWS = 64,		/* told apart by a device, direction and CPU */
	HF_CACHE_SLOTS4 = 8192,
	HF_CACHE_SLOTS6 = 4096,
};

/* Fields of the L4 word: source port, destination port, protocol, each with a guard bit above it. */
enum hf_box {
	HF_BOX_SPORT = 0,		/* 17 bits, guard 17 */
	HF_BOX_DPORT = 18,		/* 17 bits, guard 35 */
	HF_BOX_PROTO = 36,		/* 8 bits, guard 44 */
	HF_BOX_TUPLE = 45,		/* in the lower bound of a slot: the tuple's number */
	HF_BOX_COUNTER = 45,		/* in upper bounds: the line's counter slot, below HF_COUNTERS */
	HF_KEY_SLOT = 48,		/* in the flow cache: device slot, 6 bits */
	HF_KEY_DIR = 54,		/* in the flow cache: direction */
};

enum hf_direction {
	HF_INGRESS = 0,
	HF_EGRESS = 1,
};

enum hf_verdict {
	HF_DROP = 0,			/* a zeroed entry must deny */
	HF_PASS = 1,
};

enum hf_action {
	HF_ACT_DENY = 0,		/* a zeroed entry must deny */
	HF_ACT_ALLOW = 1,
	HF_ACT_RATE = 2,
	HF_ACT_LOG = 3,
};

/* A rank word: the line's place in its list, from 0, above what must be known without another load. */
enum hf_rank {
	HF_RANK_ACTION = 3,		/* mask of enum hf_action */
	HF_RANK_CONTINUES = 4,
	HF_RANK_LOGS = 8,
	HF_RANK_SHIFT = 4,
};

/* Why a packet ended as it did; index into hf_stats. Every drop has exactly one of those up to HF_R_LIMITED. */
enum hf_reason {
	HF_R_NO_POLICY = 0,		/* dropped: nothing loaded for this device */
	HF_R_UNPARSABLE = 1,		/* counted whatever the verdict is */
	HF_R_FRAGMENT = 2,		/* dropped by the device's setting */
	HF_R_DEFAULT = 3,		/* dropped: no line matched */
	HF_R_DENIED = 4,		/* dropped by a line */
	HF_R_LIMITED = 5,		/* dropped: beyond a rate limit */
	HF_R_PASSED = 6,
	HF_R_ESTABLISHED = 7,		/* passed: belongs to a flow opened in the other direction */
	HF_R_OTHER = 8,			/* passed: not IP */
	HF_R_LOST_FLOWS = 9,		/* flow log: records that found no room; an estimate from above */
	HF_R_LOST_PACKETS = 10,		/* flow log: packets that no record counts */
	HF_R_UNTRACKED = 11,		/* stateful: accepted packets whose flow found no room */
	HF_REASONS = 16,
};

/* Settings of a device slot. */
enum hf_device_flag {
	HF_DEV_PRESENT = 1,		/* without it everything is dropped */
	HF_DEV_DEFAULT_PASS = 2,
	HF_DEV_STATEFUL = 4,
	HF_DEV_DROP_FRAGMENTS = 8,
	HF_DEV_UNPARSABLE_PASS = 16,
};

struct hf_head {
	__u32 magic;
	__u32 format;
	__u32 generation;		/* another number with every swap; tags caches, flows and connections */
	__u32 used;			/* bytes of the blob */
	__u8 version[32];		/* policy version: SHA-256 of the canonical intermediate form */
	__u32 tables;			/* offset of the u32 offsets of all hf_table, behind their count */
	__u32 rules;			/* offset of hf_rule[], behind their count */
	__u32 meta;			/* offset of the JSON text about devices, views and names, behind its length */
	__u32 zero;
	__u64 zeros[8];
};
_Static_assert(sizeof(struct hf_head) == 128, "shared with packages/bpf");

struct hf_device {
	__u32 table[HF_TABLES];		/* 0: no line at all */
	__u32 flags;			/* enum hf_device_flag */
	__u32 zero[3];
};
_Static_assert(sizeof(struct hf_device) == 32, "shared with packages/bpf");

/* The first 64 bytes are all a lookup needs. */
struct hf_table {
	__u32 src_root;			/* u32[]: value, or node when bit 31 is clear */
	__u32 dst_root;
	__u32 src_shift;		/* address >> shift = index into the root (IPv6: see hf_root6) */
	__u32 dst_shift;
	__u32 nodes;			/* hf_node4[] or hf_node6[] */
	__u32 tags;			/* hf_tag of each slot; 0: lookups go straight to the slots */
	__u32 words;			/* of a row */
	__u32 minus_64;			/* 0xffffffc0: an offset the verifier knows nothing about */
	__u32 tuples;			/* hf_tuple4[] or hf_tuple6[] */
	__u32 slots;			/* hf_slot4[] or hf_slot6[] */
	__u32 slot_count;		/* index = upper half of the hash * slot_count >> 32 */
	__u32 acts;			/* hf_act[]: by rank */
	__u32 dport_root;		/* hf_portroot */
	__u32 sport_root;
	__u32 zero1[2];
	/* user space only */
	__u32 lines;			/* hf_line4[] or hf_line6[]: by rank */
	__u32 line_count;
	__u32 tuple_count;
	__u32 longest_probe;
	__u32 family;			/* 4 or 6 */
	__u32 list_count;
	__u32 src_rows;			/* u64[][words]: the bitmaps values of trees are offsets of */
	__u32 dst_rows;
	__u32 zero[8];
};
_Static_assert(sizeof(struct hf_table) == 128, "shared with packages/bpf");

/*
 * 8-ary range tree. less[i] = 2^32 - boundary (0: unused), so that (less[i] + key) >> 32 counts the boundaries at or
 * below the key without a branch. base + count is the child; with bit 31 of base, the leaf's value is vals[count].
 */
struct hf_node4 {
	__u32 less[7];
	__u32 base;
	__u32 vals[8];
};
_Static_assert(sizeof(struct hf_node4) == 64, "shared with packages/bpf");

/* The same over half an address: less[i] = 2^64 - boundary. */
struct hf_node6 {
	__u64 less[7];
	__u32 base;
	__u32 zero;
	__u32 vals[8];
	__u64 zeros[4];
};
_Static_assert(sizeof(struct hf_node6) == 128, "shared with packages/bpf");

/* In front of an IPv6 root: index = (upper half - first) >> shift; beyond `entries` lie `below` and `above`. */
struct hf_root6 {
	__u64 first;
	__u32 entries;
	__u32 below;
	__u32 above;
	__u32 zero;
};
_Static_assert(sizeof(struct hf_root6) == 24, "shared with packages/bpf");

/* In front of u32[257], by the high byte of a port: its class, or a node (hf_node4) when bit 31 is clear. */
struct hf_portroot {
	__u32 nodes;
	__u32 zero;
};
_Static_assert(sizeof(struct hf_portroot) == 8, "shared with packages/bpf");

struct hf_tuple4 {
	__u64 mask;			/* source mask << 32 | destination mask */
	__u32 min_rank;			/* rank word of the first line in it */
	__u32 seed;
};
_Static_assert(sizeof(struct hf_tuple4) == 16, "shared with packages/bpf");

struct hf_tuple6 {
	__u64 mask[4];			/* source upper, lower, destination upper, lower */
	__u32 min_rank;
	__u32 seed;
	__u64 zero[3];
};
_Static_assert(sizeof(struct hf_tuple6) == 64, "shared with packages/bpf");

/* One pair of prefixes, with its first line inline. An empty slot has a lower bound of all ones. */
struct hf_slot4 {
	__u64 ip;			/* source << 32 | destination */
	__u64 lo;			/* L4 word, and the tuple above it */
	__u64 hi;
	__u32 rank;
	__u32 next;			/* enum hf_next, or 0: no further line */
};
_Static_assert(sizeof(struct hf_slot4) == 32, "shared with packages/bpf");

struct hf_slot6 {
	__u64 ip[4];
	__u64 lo;
	__u64 hi;
	__u32 rank;
	__u32 next;
	__u64 zero;
};
_Static_assert(sizeof(struct hf_slot6) == 64, "shared with packages/bpf");

/*
 * Where most pairs that are looked for are not there, a byte a slot says so without reading it: 0 for an empty slot,
 * else HF_TAG and the lower bits of the hash. 8 are read at once.
 */
enum hf_tag {
	HF_TAG = 0x80,
	HF_TAG_HASH = 0x7f,
};

/*
 * The lower bits are an offset: of a list of hf_entry, or, with HF_NEXT_CLASSES, of four u32 offsets of class tables
 * (TCP, UDP, ICMP, other): u32 offsets of lists by the class of a port.
 */
enum hf_next {
	HF_NEXT_OFFSET = 0x0fffffff,
	HF_NEXT_SPORT = 0x10000000,	/* the class is of the source port */
	HF_NEXT_CLASSES = 0x20000000,
};

/* Lines of one pair in order of evaluation; the first match decides. */
struct hf_entry {
	__u64 lo;
	__u64 hi;
	__u32 rank;
	__u32 last;
};
_Static_assert(sizeof(struct hf_entry) == 24, "shared with packages/bpf");

/* What a line does beyond its rank word. */
struct hf_act {
	__u32 counter;			/* slot in hf_counters, and the name of its rule in flows */
	__u32 rate;			/* offset of hf_rate, 0: none */
};
_Static_assert(sizeof(struct hf_act) == 8, "shared with packages/bpf");

/* GCRA, in units of 1/16 ns. */
struct hf_rate {
	__u64 interval;			/* between packets */
	__u64 tolerance;		/* interval * (burst - 1) */
	__u32 bucket;			/* slot in hf_buckets, or of hf_srcbuckets' keys */
	__u32 by_source;		/* 1: one bucket for each source address */
	/* user space only */
	__u32 pps;
	__u32 burst;
	__u32 name;			/* of the bucket: index into the texts */
	__u32 zero;
};
_Static_assert(sizeof(struct hf_rate) == 40, "shared with packages/bpf");

/* User space only: a rule's id by counter slot. */
struct hf_rule {
	__u8 id[16];			/* UUID; zero: `name` says it */
	__u32 counter;
	__u32 name;			/* index + 1 into the texts; 0: none */
};
_Static_assert(sizeof(struct hf_rule) == 24, "shared with packages/bpf");

/* User space only: a line as the intermediate form has it. */
struct hf_line4 {
	__u32 src;
	__u32 dst;
	__u8 src_length;
	__u8 dst_length;
	__u16 what;			/* enum hf_what */
	__u16 ports[4];			/* source from, to, destination from, to */
};
_Static_assert(sizeof(struct hf_line4) == 20, "shared with packages/bpf");

struct hf_line6 {
	__u32 src[4];			/* most significant first */
	__u32 dst[4];
	__u8 src_length;
	__u8 dst_length;
	__u16 what;
	__u16 ports[4];
};
_Static_assert(sizeof(struct hf_line6) == 44, "shared with packages/bpf");

enum hf_what {
	HF_WHAT_PROTOCOL = 0x1ff,	/* 256: any */
	HF_WHAT_SPORTS = 0x200,		/* has source ports */
	HF_WHAT_DPORTS = 0x400,
	HF_WHAT_RANK = 11,		/* shift of the low bits of the rank word: action, continues, logs */
};

/* Value of hf_counters: counter slot * 2 + direction. Slot 0 is "no line matched". */
struct hf_counter {
	__u64 packets;
	__u64 bytes;
	__u64 limited_packets;		/* beyond a rate limit; included above */
	__u64 limited_bytes;
};
_Static_assert(sizeof(struct hf_counter) == 32, "shared with packages/bpf");

/* Value of hf_stats: device slot * 2 + direction. */
struct hf_stat {
	__u64 count[HF_REASONS];
	/* Scratch of the program: continuing lines the packet at hand passed. */
	__u32 passes;
	__u32 passed[HF_MAX_CONTINUES];
	/* And of flows without a record, by their hash: the last one of which packets were lost. */
	__u32 lost[HF_LOST_FLOWS];
	__u32 zero;
};
_Static_assert(sizeof(struct hf_stat) == 424, "shared with packages/bpf");

/* Key of hf_srcbuckets; its value, as that of hf_buckets, is a time in 1/16 ns. */
struct hf_srckey {
	__u32 bucket;
	__u32 family;
	__u8 addr[16];			/* IPv6, or IPv4 as ::ffff:a.b.c.d */
};
_Static_assert(sizeof(struct hf_srckey) == 24, "shared with packages/bpf");

enum hf_flow_verdict {
	HF_FLOW_PASS = 1,
	HF_FLOW_DROP = 2,
	HF_FLOW_LIMITED = 3,
	HF_FLOW_DEFAULT_DROP = 4,
	HF_FLOW_UNPARSABLE = 5,
};

/* Key of hf_flows: one record for each flow and line. */
struct hf_flowkey {
	__u8 src[16];			/* IPv6, or IPv4 as ::ffff:a.b.c.d; zero when unparsable */
	__u8 dst[16];
	__u32 counter;			/* slot of the rule; 0: no line matched */
	__u32 generation;		/* of the policy that judged */
	__u16 sport;			/* 0 where there are none */
	__u16 dport;
	__u8 protocol;
	__u8 device;			/* slot */
	__u8 direction;
	__u8 verdict;			/* enum hf_flow_verdict */
	__u8 family;			/* 4, 6; 0 when unparsable */
	__u8 zero[7];
};
_Static_assert(sizeof(struct hf_flowkey) == 56, "shared with packages/bpf");

struct hf_flow {
	__u64 packets;
	__u64 bytes;
	__u64 first_ns;			/* CLOCK_MONOTONIC */
	__u64 last_ns;
};
_Static_assert(sizeof(struct hf_flow) == 32, "shared with packages/bpf");

/*
 * Key of hf_conns, the same for both directions of a flow. TCP, UDP and ICMP have flows; all ICMP between two addresses
 * is one.
 */
struct hf_connkey {
	__u8 far[16];			/* source of packets that come in, destination of those that go out */
	__u8 near[16];
	__u16 far_port;			/* 0 for ICMP */
	__u16 near_port;
	__u8 protocol;
	__u8 device;
	__u8 family;
	__u8 zero;
};
_Static_assert(sizeof(struct hf_connkey) == 40, "shared with packages/bpf");

struct hf_conn {
	__u64 last_ns;			/* CLOCK_MONOTONIC; up to HF_REFRESH_NS late */
	__u32 generation;		/* of the policy under which its opening passed */
	__u8 opener;			/* enum hf_direction: the other one is let in */
	__u8 is_closing;		/* TCP: FIN or RST was seen */
	__u16 zero;
};
_Static_assert(sizeof(struct hf_conn) == 16, "shared with packages/bpf");

/* Seconds a flow may be silent, as flowTimeoutSeconds in packages/policy. */
enum hf_timeout {
	HF_TIMEOUT_TCP = 3600,
	HF_TIMEOUT_CLOSING = 30,
	HF_TIMEOUT_UDP = 120,
	HF_TIMEOUT_ICMP = 30,
};

#endif
