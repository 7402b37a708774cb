// Included before everything in a ThreadSanitizer build by gcc 12, whose runtime does not know pthread_mutex_clocklock
// and takes the unlock that follows for one too many. Without this macro libstdc++ waits by pthread_mutex_timedlock.
#include <bits/c++config.h>
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
