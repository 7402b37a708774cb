# What the distribution's packages give; see ./run deps. Everything is SYSTEM: its warnings are not ours.
set(Boost_USE_STATIC_LIBS OFF)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2>=1.5)

if(NOT TARGET yaml-cpp::yaml-cpp) # 0.7 names it without a namespace
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
