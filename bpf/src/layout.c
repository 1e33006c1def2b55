/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Never loaded: its BTF names every layout and number user space shares. bpf/build.mjs reads it. */
#include "holdfast.h"

#define HF_KEEP(kind, name) kind name keep_##name

HF_KEEP(enum, hf_limit);
HF_KEEP(enum, hf_box);
HF_KEEP(enum, hf_direction);
HF_KEEP(enum, hf_verdict);
HF_KEEP(enum, hf_action);
HF_KEEP(enum, hf_rank);
HF_KEEP(enum, hf_reason);
HF_KEEP(enum, hf_device_flag);
HF_KEEP(enum, hf_next);
HF_KEEP(enum, hf_what);
HF_KEEP(enum, hf_flow_verdict);
HF_KEEP(struct, hf_head);
HF_KEEP(struct, hf_device);
HF_KEEP(struct, hf_table);
HF_KEEP(struct, hf_node4);
HF_KEEP(struct, hf_node6);
HF_KEEP(struct, hf_root6);
HF_KEEP(struct, hf_portroot);
HF_KEEP(struct, hf_tuple4);
HF_KEEP(struct, hf_tuple6);
HF_KEEP(struct, hf_slot4);
HF_KEEP(struct, hf_slot6);
HF_KEEP(struct, hf_entry);
HF_KEEP(struct, hf_act);
HF_KEEP(struct, hf_rate);
HF_KEEP(struct, hf_rule);
HF_KEEP(struct, hf_line4);
HF_KEEP(struct, hf_line6);
HF_KEEP(struct, hf_counter);
HF_KEEP(struct, hf_stat);
HF_KEEP(struct, hf_srckey);
HF_KEEP(struct, hf_flowkey);
HF_KEEP(struct, hf_flow);
HF_KEEP(struct, hf_connkey);
HF_KEEP(struct, hf_conn);
HF_KEEP(enum, hf_timeout);
HF_KEEP(enum, hf_tag);
