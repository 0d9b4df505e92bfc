import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# The synthetic plugins of the tests lie beside this file.
sys.path.insert(0, str(Path(__file__).parent))

# Machines that run these tests are often busy: correctness is tested, not time.
settings.register_profile("vacframe", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("vacframe")
