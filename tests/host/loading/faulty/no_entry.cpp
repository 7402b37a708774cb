// A manifest and nothing behind it.
#include <stoker/manifest_note.h>

STOKER_MANIFEST(FAULT_MANIFEST);
