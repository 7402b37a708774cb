# find_package(StokerSDK): the target Stoker::sdk (headers) and stoker_add_plugin().
include(${CMAKE_CURRENT_LIST_DIR}/StokerSDKTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/StokerPlugin.cmake)
