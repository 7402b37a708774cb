# SPDX-License-Identifier: Apache-2.0
# What find_package(StokerSDK) loads: the targets Stoker::sdk (headers) and Stoker::testing (a fake host for unit tests),
# and the functions stoker_add_plugin() and stoker_add_plugin_test().
include(${CMAKE_CURRENT_LIST_DIR}/StokerSDKTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/StokerPlugin.cmake)
