"""The words by which names are recognised: legal forms, heads, titles, labels. All folded; data only."""

# legal forms, without dots
LEGAL_FORMS = frozenset(
    """ltd limited llc llp lp inc incorporated corp corporation plc gmbh mbh ag kg ohg ug kgaa se ev eg gbr sa sarl sas
    sasu eurl snc sci sl slu slp spa srl sapa bv nv vof cv oy oyj ab as asa aps sro doo kft zrt ood ooo pty pte pvt
    genossenschaft""".split()
)
# written small as well; the others are words or units too (as, se, kg, limited) unless written "AG", "S.A.", "Limited"
SMALL_FORMS = frozenset("gmbh ltd plc llc llp mbh pty pte pvt sarl eurl gbr sro doo".split())
# "GmbH & Co. KG", "Pty Ltd", "S.A. de C.V."
CONTINUED_FORMS = LEGAL_FORMS | {"co"}
# end a name that has no legal form
WEAK_FORMS = frozenset(
    "group gruppe groupe grupo holding holdings partners partner associates bros sons consulting".split()
)
# "Working Group" is no company
NO_NAME_BEFORE_GROUP = frozenset(
    "working steering user focus target test task support age security resource product".split()
)
# "Bluewater Bank"
HEADS_AFTER = frozenset(
    """bank university institute institut hospital council agency association foundation authority college laboratories
    society hochschule stiftung sparkasse logistics technologies airlines ventures industries""".split()
)
# "Mitteldeutsche Volksbank"
HEAD_ENDINGS = tuple(
    "handelsbank volksbank landesbank werke gesellschaft verband stiftung genossenschaft sparkasse".split()
)
# "University of Leeds"
HEADS_BEFORE_OF = frozenset("university ministry bank institute council city department office".split())
# "Stadtwerke Köln"
HEADS_BEFORE = frozenset(
    """universitat hochschule ministerium bundesamt landgericht amtsgericht sparkasse stadtwerke stadt landkreis
    universite ministere banque hopital mairie prefecture universidad ministerio banco ayuntamiento hospital
    tribunal""".split()
)
# link two parts of a name
OF = frozenset("of de des du del della di fur fuer la le".split())
# link two parts before a weak form: "Smith and Sons"
AND = frozenset("and und et y e".split())
# stand before a name and are no part of it
NOT_IN_NAMES = frozenset(
    """supplier customer client vendor buyer seller contractor company invoice contract agreement dear attn lieferant
    kunde auftraggeber auftragnehmer verkaufer kaufer fournisseur vendeur acheteur proveedor provider lessor
    lessee landlord tenant licensor licensee rechnung vertrag contrat facture factura contrato dienstleister firma
    unternehmen societe entreprise empresa sociedad tel phone email date subject payee""".split()
)
# with one of these, two capitalised words are no person
COMMON_WORDS = frozenset(
    """team department services service project data system systems manager secretary company officer director engineer
    engineering head board committee office group support security finance legal operations platform database
    network customer account product quality risk street road avenue lane park house bank general annual total tax
    value note section article schedule annex appendix january february march april june july august september
    october november december monday tuesday wednesday thursday friday saturday sunday north south east west europe
    germany france spain strasse platz rue calle""".split()
)
# forms of address
TITLES = frozenset(
    """mr mrs ms miss mx dr prof professor sir dame herr herrn frau m mme mlle monsieur madame sr sra srta dona don dna
    ing dipl hon rev capt col judge justice г-н г-жа""".split()
)
# inside the names of people
PARTICLES = frozenset("van von de der den del della di da la le el al bin ibn dos du zu ter ten y e".split())
# labels and column headings whose values are people, by their meaning in `wording`
PERSON_LABELS = frozenset(
    """contact attendee author owner chair minute reporter reported raised requested requester signed reviewer approver
    approved reviewed checked verified tested assignee assigned engineer manager commander lead leader facilitator
    secretary employee candidate patient tenant landlord guarantor applicant claimant traveller cardholder attention
    attn responsible who person people represented name apology absent consultant surveyor counsel witness
    coordinator inspector operator technician doctor teilnehmer leiter ansprechpartner sachbearbeiter bearbeiter
    vertreten interlocuteur redacteur representante on-call""".split()
)
# the same for organisations
ORGANISATION_LABELS = frozenset(
    """supplier customer company payee employer insurer manufacturer bank carrier publisher shipper lender issuer
    organisation""".split()
)
# for either, told apart by the form of the value
EITHER_LABELS = frozenset(
    """owner operator sender recipient consignee beneficiary borrower purchaser payer licensor licensee provider lessor
    lessee party landlord tenant""".split()
)
