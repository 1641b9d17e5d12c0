"""What documents of common business categories talk about: general words in English, German, French and Spanish.

A category is recognised by a word of its own name. The words were chosen from general knowledge of each field, none
from a document that quality is measured on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from .document import fold_word


@dataclass(frozen=True, slots=True)
class Field:
    names: str  # what a category of this field may be called
    words: str


FIELDS: Mapping[str, Field] = {
    "legal": Field(
        """legal law contract agreement compliance litigation juridical recht rechtlich vertrag juridique legales
        contractual regulatory""",
        """agreement contract clause party parties hereby herein hereto thereof whereas witness covenant warranty
        liability indemnify indemnity governing jurisdiction court arbitration dispute breach termination terminate
        confidential confidentiality disclosure lessor lessee landlord tenant lease licensor licensee licence
        obligation pursuant statute regulation provision binding enforceable plaintiff defendant counsel attorney
        solicitor claim settlement injunction damages negligence notary deed signatory effective waiver
        severability assignment force majeure intellectual property infringement remedy consent controller processor
        data protection amendment addendum sublicense represent undertake undersigned vertrag vertragspartei
        parteien vereinbarung mieter vermieter mietvertrag kundigung haftung gerichtsstand klausel recht gesetz
        paragraph verpflichtet schadensersatz vertraulich gewahrleistung bgb unterzeichnet contrat partie parties
        accord clause obligation responsabilite resiliation juridiction tribunal loi confidentialite droit litige
        bail locataire bailleur preambule contrato parte acuerdo clausula obligacion responsabilidad rescision
        jurisdiccion tribunal ley notario derecho arrendador arrendatario""",
    ),
    "financial": Field(
        """financial finance accounting billing invoice accounts payable fiscal budget expense treasury banking finanzen
        finanziell rechnungswesen buchhaltung financier comptabilite facturation financiero contabilidad""",
        """invoice payment amount total subtotal tax vat balance account bank iban bic swift remittance due net gross
        price unit quantity discount currency revenue profit loss margin expense cost budget forecast quarter
        quarterly fiscal year earnings cash flow asset liability equity dividend interest loan credit debit
        principal repayment instalment purchase order receipt reimbursement payable receivable ledger audit
        depreciation capital investment fund shareholder ebitda billing bill statement transaction fee charge salary
        payroll reconciliation variance spend rechnung rechnungsnummer betrag gesamtbetrag nettobetrag
        mehrwertsteuer mwst ust zahlung zahlbar uberweisung konto bankverbindung steuer preis einzelpreis menge
        umsatz gewinn kosten buchung skonto facture montant total tva paiement virement compte banque prix unitaire
        quantite remise echeance devis tresorerie chiffre affaires benefice factura importe pago iva cuenta banco
        precio cantidad vencimiento presupuesto gastos ingresos beneficio transferencia""",
    ),
    "technical": Field(
        """technical technology engineering software specification it tech technisch technik technique tecnico tecnica
        incident infrastructure devops""",
        """server database api endpoint request response latency throughput timeout error exception log deploy
        deployment release version software hardware firmware configuration network firewall router switch port
        protocol interface module component system service cluster node container kubernetes cpu memory disk storage
        cache queue backup restore outage incident postmortem root cause mitigation rollback alert monitoring metric
        dashboard bug fix patch upgrade migration schema specification requirement design architecture algorithm
        code repository test voltage temperature accuracy calibration signal frequency bandwidth
        encryption certificate token authentication authorization client retry replica failover sla engineer runbook
        pipeline packet dns tcp http https json parameter default compatibility storung datenbank schnittstelle
        netzwerk ausfall fehler wartung anforderung protokoll serverseitig systemausfall speicher anwendung
        lastenheft verfugbarkeit ursache serveur reseau panne logiciel materiel erreur defaut capteur interface
        maintenance cahier exigences servidor red fallo incidencia averia sistema aplicacion
        mantenimiento requisitos interfaz causa""",
    ),
    "medical": Field(
        "medical medicine health healthcare clinical patient medizin medizinisch gesundheit sante medico salud",
        """patient diagnosis treatment therapy symptom clinical hospital physician doctor nurse medication dose dosage
        prescription surgery surgical blood pressure heart chronic acute disease infection vaccine allergy
        laboratory radiology scan mri ecg discharge admission history examination prognosis trial adverse pharmacy
        tablet mg ml oncology pediatric cardiology patientin befund therapie arzt krankenhaus medikament behandlung
        anamnese medecin traitement hopital maladie ordonnance paciente tratamiento enfermedad medicamento""",
    ),
    "hr": Field(
        """hr human resources personnel people recruiting recruitment employment staff personal personalwesen rh
        recursos humanos""",
        """employee employer employment candidate applicant interview recruit hiring hire vacancy onboarding
        offboarding probation salary wage bonus benefits pension leave vacation holiday sick absence maternity
        parental performance appraisal review training workplace overtime shift manager resignation dismissal
        grievance disciplinary diversity payroll cv resume qualification mitarbeiter arbeitnehmer arbeitgeber
        bewerbung urlaub gehalt kundigung personal employe salaire conge embauche empleado salario vacaciones
        contratacion""",
    ),
    "marketing": Field(
        "marketing advertising promotion brand communications pr werbung publicite publicidad",
        """campaign brand branding advertising advert audience customer segment social media content newsletter
        engagement conversion click impression reach lead funnel promotion launch slogan creative influencer seo
        website traffic press event sponsor market positioning persona survey awareness kampagne werbung marke
        zielgruppe campagne publicite marque campana marca publicidad""",
    ),
    "sales": Field(
        "sales selling commercial vertrieb verkauf ventes ventas deals",
        """quote quotation proposal offer deal prospect lead opportunity pipeline customer buyer order discount price
        negotiation close quota territory crm demo contract renewal upsell account revenue commission angebot kunde
        bestellung devis client commande oferta pedido""",
    ),
    "support": Field(
        "support helpdesk service customer-service complaint complaints kundendienst assistance soporte ticket",
        """ticket issue problem help customer complaint refund return replace broken working cannot unable login
        password account reset error screen response waiting unhappy disappointed apologise resolve resolved
        escalate agent chat call question subscription cancel upgrade delivery late missing reklamation hilfe
        problem kunde aide probleme reclamation ayuda problema reclamacion""",
    ),
    "operations": Field(
        """operations operational logistics shipping supply warehouse production manufacturing betrieb logistik
        logistique operaciones""",
        """shipment delivery warehouse stock inventory carrier freight pallet container dispatch route transport
        customs supplier production line shift maintenance schedule capacity site equipment safety inspection batch
        quality throughput downtime lager lieferung bestand versand produktion wartung livraison entrepot stock
        expedition almacen envio produccion""",
    ),
    "security": Field(
        "security cybersecurity privacy infosec sicherheit securite seguridad",
        """vulnerability exploit attack attacker malware phishing ransomware breach threat risk firewall encryption
        credential password access unauthorised intrusion detection patch cve penetration incident response
        forensics privilege audit compromise sicherheitslucke angriff faille attaque vulnerabilidad ataque""",
    ),
    "research": Field(
        "research science scientific academic study forschung wissenschaft recherche investigacion",
        """abstract hypothesis experiment method methodology result significant sample participants study literature
        journal citation theory model data analysis statistical conclusion discussion figure table peer university
        professor doi dataset forschung studie ergebnis recherche etude resultat investigacion estudio resultado""",
    ),
    "education": Field(
        "education educational school training course teaching bildung schule formation educacion",
        """student teacher course lesson curriculum exam grade school university class lecture homework assignment
        semester module learning diploma enrolment schuler lehrer unterricht prufung eleve enseignant cours examen
        alumno profesor curso""",
    ),
    "news": Field(
        "news press article journalism nachrichten presse actualites noticias",
        """reported yesterday spokesperson government minister president police election officials statement according
        reuters journalist announced country city people killed war protest weather economy regierung gouvernement
        gobierno""",
    ),
    "sports": Field(
        "sports sport football athletics",
        """match game team player coach season league goal score win lose tournament championship final race medal
        olympic stadium training injury transfer referee mannschaft spiel trainer equipe joueur partido jugador
        equipo""",
    ),
    "meeting": Field(
        "meeting minutes notes protokoll reunion acta meetings",
        """agenda attendees apologies minutes meeting action item decision decided discussed chair next present absent
        agreed follow-up owner deadline teilnehmer tagesordnung beschluss participants ordre jour decisions
        asistentes acuerdos""",
    ),
    "positive": Field(
        "positive praise happy satisfied positiv positif positivo",
        """great excellent good love loved amazing wonderful fantastic happy pleased satisfied perfect recommend best
        thank thanks awesome helpful friendly fast delighted impressed enjoy sehr gut toll super excellent merci
        excelente gracias""",
    ),
    "negative": Field(
        "negative criticism unhappy dissatisfied negativ negatif negativo",
        """bad terrible awful poor worst hate disappointed disappointing broken slow rude useless waste refund problem
        never unacceptable angry frustrated horrible fail failed schlecht schlimm enttauscht mauvais decu horrible
        malo pesimo""",
    ),
}


@lru_cache(maxsize=1)
def _names() -> Mapping[str, tuple[str, ...]]:
    """Word of a category name -> the fields it may mean."""
    named: dict[str, tuple[str, ...]] = {}
    for key, field in FIELDS.items():
        for name in field.names.split():
            named[fold_word(name)] = (*named.get(fold_word(name), ()), key)
    return named


def words_for(name: str) -> list[str]:
    """Words that documents of a category so called use; empty for a category the lexicon does not know."""
    keys = dict.fromkeys(key for word in fold_word(name).replace("_", " ").split() for key in _names().get(word, ()))
    return [word for key in keys for word in FIELDS[key].words.split()]
