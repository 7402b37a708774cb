/* "stoker.notifier/1": who is told. [worker], may block. */
#ifndef STOKER_ABI_NOTIFIER_H
#define STOKER_ABI_NOTIFIER_H

#include <stoker/abi/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_NOTIFIER_ID "stoker.notifier/1"

typedef struct stoker_notifier stoker_notifier; /* the plugin's */
typedef struct stoker_notifier_v1 {
  STOKER_TABLE(stoker_notifier);
  /* At least once, also across a restart: the same key is the same message. `report` is a Report document. A retryable
   * failure brings the same message again later. */
  stoker_status (*notify)(stoker_notifier*, const stoker_call*, stoker_str key, stoker_str report);
} stoker_notifier_v1;

#ifdef __cplusplus
}
#endif
#endif
