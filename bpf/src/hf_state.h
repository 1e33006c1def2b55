/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Flows of stateful devices: what was let through one way comes back the other. A flow is opened by a packet that
 * passes by a line or by default; packets in its opening direction always ask the lines.
 */
#ifndef HF_STATE_H
#define HF_STATE_H

#include "hf_evidence.h"

enum hf_answer {
	HF_NO_ANSWER,			/* ask the lines */
	HF_ANSWER,			/* it answers a flow: passes */
	HF_STALE,			/* it does if the flow's opening still passes: the policy changed */
};

enum { HF_SECOND = 1000000000 };

/* A flow's time is renewed at most so often: a store to memory all CPUs share. */
#define HF_REFRESH_NS HF_SECOND

static __always_inline int hf_has_flow(const struct hf_packet *packet)
{
	__u32 protocol = packet->protocol;

	return !packet->is_later &&
	       (protocol == HF_TCP || protocol == HF_UDP ||
		protocol == (packet->family == 6 ? HF_ICMP6 : HF_ICMP));
}

static __always_inline void hf_conn_key(struct hf_connkey *key, const struct hf_packet *packet,
					__u32 direction)
{
	int is_out = direction == HF_EGRESS;
	__u64 src[2], dst[2];

	hf_address16(src, packet, 0);
	hf_address16(dst, packet, 1);
	__builtin_memcpy(is_out ? key->near : key->far, src, sizeof(src));
	__builtin_memcpy(is_out ? key->far : key->near, dst, sizeof(dst));
	key->far_port = is_out ? packet->dport : packet->sport;
	key->near_port = is_out ? packet->sport : packet->dport;
	key->protocol = packet->protocol;
	key->device = hf_slot;
	key->family = packet->family;
}

static __always_inline int hf_is_over(const struct hf_conn *conn, __u32 protocol, __u64 now)
{
	__u64 seconds = HF_TIMEOUT_ICMP;

	if (protocol == HF_TCP)
		seconds = conn->is_closing ? HF_TIMEOUT_CLOSING : HF_TIMEOUT_TCP;
	else if (protocol == HF_UDP)
		seconds = HF_TIMEOUT_UDP;
	/* Another CPU may have written a later time than ours. */
	return now > conn->last_ns && now - conn->last_ns > seconds * HF_SECOND;
}

/* SYN without ACK opens, it answers nothing. */
static __always_inline int hf_is_syn(const struct hf_packet *packet)
{
	return (packet->tcp_flags & 0x12) == 0x02;
}

/* Whether the packet answers a flow. Not static: see hf_evidence.h. */
__noinline int hf_answers(const struct hf_packet *packet, __u32 generation, __u32 direction)
{
	struct hf_connkey key = {};
	struct hf_conn *conn;

	if (!packet)
		return HF_NO_ANSWER;
	if (!hf_has_flow(packet) || hf_is_syn(packet))
		return HF_NO_ANSWER;
	hf_conn_key(&key, packet, direction);
	conn = bpf_map_lookup_elem(&hf_conns, &key);
	if (!conn || conn->opener == direction)
		return HF_NO_ANSWER;
	if (hf_is_over(conn, packet->protocol, bpf_ktime_get_ns()))
		return HF_NO_ANSWER;
	return conn->generation == generation ? HF_ANSWER : HF_STALE;
}

/* The flow's opening does not pass any more. */
__noinline int hf_forget(const struct hf_packet *packet, __u32 direction)
{
	struct hf_connkey key = {};

	if (!packet)
		return 0;
	hf_conn_key(&key, packet, direction);
	bpf_map_delete_elem(&hf_conns, &key);
	return 0;
}

/* Opens the packet's flow, or keeps it open. */
__noinline int hf_track(const struct hf_packet *packet, struct hf_stat *stat, __u32 generation,
			__u32 direction)
{
	struct hf_conn *conn, fresh = {};
	struct hf_connkey key = {};
	__u64 now;
	int ends;

	if (!packet || !stat)
		return 0;
	if (!hf_has_flow(packet))
		return 0;
	ends = (packet->tcp_flags & 0x05) != 0;
	hf_conn_key(&key, packet, direction);
	now = bpf_ktime_get_ns();
	conn = bpf_map_lookup_elem(&hf_conns, &key);
	if (conn && !hf_is_over(conn, packet->protocol, now)) {
		if (ends)
			conn->is_closing = 1;
		else if (conn->is_closing && conn->opener == direction && hf_is_syn(packet))
			conn->is_closing = 0;
		if (conn->generation != generation)
			conn->generation = generation;
		if (now - conn->last_ns > HF_REFRESH_NS)
			conn->last_ns = now;
		return 0;
	}
	fresh.last_ns = now;
	fresh.generation = generation;
	fresh.opener = direction;
	fresh.is_closing = ends;
	if (bpf_map_update_elem(&hf_conns, &key, &fresh, BPF_ANY))
		stat->count[HF_R_UNTRACKED]++;
	return 0;
}

#endif
