EXCVIEW: str
INGRESS: str
MAIN: str
