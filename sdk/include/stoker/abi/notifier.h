/* SPDX-License-Identifier: Apache-2.0 */
/* "stoker.notifier/1": tells somebody outside how a Run ended.
 *
 * Concept. Each Run ends in a Report, a JSON document (docs/documents.md). The host puts each Report that matters into
 * a queue on disk, one queue for each notifier, and hands the Reports to the notifier one after the other. Reports with
 * outcome "unchanged" or "superseded" are not handed over. A failure of a notifier never changes a Run.
 *
 * Instances. One instance for each configured module, with one thread of its own. A slow receiver delays nobody else.
 */
#ifndef STOKER_ABI_NOTIFIER_H
#define STOKER_ABI_NOTIFIER_H

#include <stoker/abi/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_NOTIFIER_ID "stoker.notifier/1"

typedef struct stoker_notifier stoker_notifier; /* an instance; defined by the plugin */
typedef struct stoker_notifier_v1 {
  STOKER_TABLE(stoker_notifier);
  /* Delivers one Report. The host delivers at least once: after a failure or a restart the same Report comes again with
   * the same `key`. Give the key to the receiver so that it can recognise a repeat. The key is made of the target,
   * the Run's id, its outcome, whether it was verified, and why it is held or failed. [worker], deadline 30 s,
   * cancelled at shutdown (the Report then stays queued). After a retryable error the host tries again after 2, 4, 8
   * ... 256 s, or after retry_after_ms if that is longer (a day at most). After any other error, and after 24 hours of
   * tries, it puts the Report aside. */
  stoker_status (*notify)(stoker_notifier*, const stoker_call*, stoker_str key, stoker_str report);
} stoker_notifier_v1;

#ifdef __cplusplus
}
#endif
#endif
