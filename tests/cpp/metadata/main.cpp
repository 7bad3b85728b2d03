#define BOOST_TEST_MODULE metadata
#include <boost/test/unit_test.hpp>
